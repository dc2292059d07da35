package dev.latentween.video;

import dev.latentween.settings.Reason;
import dev.latentween.settings.UserError;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** The bytes of an image file, from the disk or the web. */
final class ImageSource {
  private static final int MAX_BYTES = 256 << 20;
  private static final Duration TIMEOUT = Duration.ofSeconds(60);

  private ImageSource() {}

  static byte[] read(URI source) {
    return "file".equals(source.getScheme()) ? readFile(source) : fetch(source, TIMEOUT);
  }

  static UserError error(URI source, String reason) {
    boolean file = "file".equals(source.getScheme());
    return new UserError("init_image " + (file ? Path.of(source) : source) + ": " + reason);
  }

  private static byte[] readFile(URI source) {
    try (InputStream in = Files.newInputStream(Path.of(source))) {
      return limited(source, in);
    } catch (IOException e) {
      throw error(source, Reason.of(e));
    }
  }

  static byte[] fetch(URI url, Duration timeout) {
    try {
      HttpRequest request = HttpRequest.newBuilder(url).build();
      return HttpClient.newBuilder()
          .followRedirects(HttpClient.Redirect.NORMAL)
          .build()
          .sendAsync(request, HttpResponse.BodyHandlers.ofInputStream())
          .thenApplyAsync(response -> body(url, response))
          .orTimeout(timeout.toMillis(), TimeUnit.MILLISECONDS)
          .join();
    } catch (CompletionException e) {
      if (e.getCause() instanceof UserError userError) {
        throw userError;
      }
      boolean slow = e.getCause() instanceof TimeoutException;
      throw error(url, slow ? "no whole answer in " + timeout.toSeconds() + " s" : "no connection");
    }
  }

  private static byte[] body(URI url, HttpResponse<InputStream> response) {
    try (InputStream in = response.body()) {
      if (response.statusCode() != 200) {
        throw error(url, "the server answers with status " + response.statusCode());
      }
      return limited(url, in);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static byte[] limited(URI source, InputStream in) throws IOException {
    byte[] bytes = in.readNBytes(MAX_BYTES + 1);
    if (bytes.length > MAX_BYTES) {
      throw error(source, "larger than " + (MAX_BYTES >> 20) + " MB");
    }
    return bytes;
  }
}
