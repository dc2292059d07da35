package dev.latentween.cli;

import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Path;
import javax.imageio.ImageIO;
import javax.imageio.ImageReader;
import javax.imageio.stream.ImageInputStream;
import org.w3c.dom.Element;
import org.w3c.dom.NodeList;

/** A PNG as another program reads it: rows of RGB values, and the text in its chunks. */
public record Picture(int width, int height, int bits, int[] rgb, String parameters) {
  public static Picture read(Path file) throws IOException {
    ImageReader reader = ImageIO.getImageReadersBySuffix("png").next();
    try (ImageInputStream in = ImageIO.createImageInputStream(file.toFile())) {
      reader.setInput(in);
      BufferedImage image = reader.read(0);
      int[] rgb =
          image.getRaster().getPixels(0, 0, image.getWidth(), image.getHeight(), (int[]) null);
      // A row of pixels in ImageIO is RGB whatever order its memory has.
      Element metadata = (Element) reader.getImageMetadata(0).getAsTree("javax_imageio_png_1.0");
      return new Picture(
          image.getWidth(),
          image.getHeight(),
          image.getColorModel().getComponentSize(0),
          rgb,
          parameters(metadata));
    } finally {
      reader.dispose();
    }
  }

  private static String parameters(Element metadata) {
    for (String[] chunk : new String[][] {{"iTXtEntry", "text"}, {"tEXtEntry", "value"}}) {
      NodeList entries = metadata.getElementsByTagName(chunk[0]);
      for (int i = 0; i < entries.getLength(); i++) {
        Element entry = (Element) entries.item(i);
        if (entry.getAttribute("keyword").equals("parameters")) {
          return entry.getAttribute(chunk[1]);
        }
      }
    }
    return "";
  }

  /** The signal-to-noise ratio in dB; infinite for equal pictures. */
  double psnr(Picture other) {
    if (width != other.width || height != other.height || bits != other.bits) {
      throw new IllegalArgumentException(this + " and " + other + " are of different kinds");
    }
    double squares = 0;
    for (int i = 0; i < rgb.length; i++) {
      squares += Math.pow(rgb[i] - other.rgb[i], 2);
    }
    return 10 * Math.log10(255.0 * 255.0 * rgb.length / squares);
  }

  @Override
  public String toString() {
    return width + "x" + height + "x" + bits;
  }
}
