package dev.latentween.video;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.latentween.settings.Fit;
import dev.latentween.settings.UserError;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class ImageSourceTest {
  private final AtomicInteger requests = new AtomicInteger();
  private final CountDownLatch end = new CountDownLatch(1);
  private HttpServer server;

  @BeforeEach
  void start() throws Exception {
    byte[] image = Files.readAllBytes(Path.of(InitImageTest.resource("source.png")));
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.setExecutor(Executors.newCachedThreadPool());
    server.createContext("/image", exchange -> answer(exchange, 200, image));
    server.createContext("/gone", exchange -> answer(exchange, 404, image));
    server.createContext(
        "/moved",
        exchange -> {
          exchange.getResponseHeaders().add("Location", "/image");
          answer(exchange, 302, new byte[0]);
        });
    server.createContext(
        "/stalled",
        exchange -> {
          exchange.sendResponseHeaders(200, image.length);
          exchange.getResponseBody().write(image, 0, 9);
          exchange.getResponseBody().flush();
          try {
            end.await();
          } catch (InterruptedException e) {
            throw new IOException(e);
          }
        });
    server.createContext(
        "/endless",
        exchange -> {
          exchange.sendResponseHeaders(200, 0);
          while (true) {
            exchange.getResponseBody().write(new byte[1 << 20]);
          }
        });
    server.start();
  }

  private void answer(HttpExchange exchange, int status, byte[] body) throws IOException {
    requests.incrementAndGet();
    exchange.sendResponseHeaders(status, body.length == 0 ? -1 : body.length);
    exchange.getResponseBody().write(body);
    exchange.close();
  }

  @AfterEach
  void stop() {
    end.countDown();
    server.stop(0);
  }

  private URI url(String path) {
    return URI.create("http://127.0.0.1:" + server.getAddress().getPort() + path);
  }

  @Test
  void anImageIsFetchedOnceAlsoWhereItHasMoved() throws Exception {
    assertThat(InitImage.load(url("/image"), 37, 29, Fit.STRETCH))
        .isEqualTo(InitImage.load(InitImageTest.resource("source.png"), 37, 29, Fit.STRETCH));
    assertThat(requests).hasValue(1);
    assertThat(InitImage.load(url("/moved"), 64, 64, Fit.STRETCH).remaining()).isEqualTo(12288);
  }

  @Test
  void whatGoesWrongIsSaidInOneLine() {
    InitImageTest.refused(
        url("/gone"), "init_image " + url("/gone") + ": the server answers with status 404");
    InitImageTest.refused(
        url("/endless"), "init_image " + url("/endless") + ": larger than 256 MB");
    assertThatThrownBy(() -> ImageSource.fetch(url("/stalled"), Duration.ofSeconds(1)))
        .isInstanceOf(UserError.class)
        .hasMessage("init_image " + url("/stalled") + ": no whole answer in 1 s");
    URI nobody = url("/image");
    server.stop(0);
    InitImageTest.refused(nobody, "init_image " + nobody + ": no connection");
  }
}
