package dev.latentween.video;

import static org.bytedeco.opencv.global.opencv_imgcodecs.IMREAD_COLOR_RGB;
import static org.bytedeco.opencv.global.opencv_imgcodecs.IMREAD_IGNORE_ORIENTATION;
import static org.bytedeco.opencv.global.opencv_imgcodecs.imdecode;

import dev.latentween.settings.Fit;
import dev.latentween.settings.UserError;
import java.net.URI;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import org.bytedeco.opencv.opencv_core.Mat;

/**
 * The picture a render starts from, loaded as Deforum does: RGB without its alpha and not turned as
 * EXIF says, brought to the frame's size as PIL's LANCZOS does.
 */
public final class InitImage {
  // An array has room for the picture, and for it with one side brought to 8192.
  private static final int MAX_SIDE = 65535;

  private static final int MAX_PIXELS = 1 << 28;

  /** Rows of RGB bytes. */
  record Picture(byte[] rgb, int width, int height) {
    Picture resized(int toWidth, int toHeight) {
      byte[] resized = LanczosResize.resize(rgb, width, height, toWidth, toHeight);
      return new Picture(resized, toWidth, toHeight);
    }

    /** The part of {@code toWidth} x {@code toHeight} in the middle; black where it is larger. */
    Picture centered(int toWidth, int toHeight) {
      byte[] out = new byte[toWidth * toHeight * 3];
      int left = Math.floorDiv(toWidth - width, 2);
      int top = Math.floorDiv(toHeight - height, 2);
      int copied = Math.min(width, toWidth) * 3;
      for (int y = Math.max(0, top); y < Math.min(toHeight, top + height); y++) {
        int from = ((y - top) * width + Math.max(0, -left)) * 3;
        System.arraycopy(rgb, from, out, (y * toWidth + Math.max(0, left)) * 3, copied);
      }
      return new Picture(out, toWidth, toHeight);
    }
  }

  private InitImage() {}

  /**
   * Loads a PNG, JPEG, WebP or BMP. {@link Fit#CROP} cuts whole pixels and then resizes, {@link
   * Fit#PAD} fills with black.
   *
   * @param source a file:, http: or https: address; a web address is fetched once
   * @return a direct buffer of {@code height} rows of {@code width} RGB pixels
   * @throws UserError if it cannot be had or is no image
   */
  public static ByteBuffer load(URI source, int width, int height, Fit fit) {
    Picture picture = fitted(decode(source), width, height, fit);
    return ByteBuffer.allocateDirect(width * height * 3).put(picture.rgb()).flip();
  }

  /** SHA-256 of what {@link #load} gave, in hexadecimal. */
  public static String hash(ByteBuffer rgb) {
    try {
      MessageDigest digest = MessageDigest.getInstance("SHA-256");
      digest.update(rgb.duplicate());
      return HexFormat.of().formatHex(digest.digest());
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError("every Java has SHA-256", e);
    }
  }

  private static Picture fitted(Picture from, int width, int height, Fit fit) {
    // The other side's length at the frame's aspect, as large as one side of the picture allows.
    int wide = (int) Math.max(1, Math.rint((double) from.height() * width / height));
    int high = (int) Math.max(1, Math.rint((double) from.width() * height / width));
    boolean tooWide = wide < from.width();
    return switch (fit) {
      case STRETCH -> from.resized(width, height);
      case CROP ->
          (tooWide ? from.centered(wide, from.height()) : from.centered(from.width(), high))
              .resized(width, height);
      case PAD -> {
        double scale = tooWide ? (double) width / from.width() : (double) height / from.height();
        int inWidth = (int) Math.max(1, Math.rint(from.width() * scale));
        int inHeight = (int) Math.max(1, Math.rint(from.height() * scale));
        yield from.resized(inWidth, inHeight).centered(width, height);
      }
    };
  }

  private static Picture decode(URI source) {
    byte[] file = ImageSource.read(source);
    try (Mat encoded = new Mat(file.length == 0 ? new byte[1] : file);
        Mat image = decode(encoded)) {
      if (image.empty()) {
        throw ImageSource.error(source, "not a whole image; PNG, JPEG, WebP and BMP can be read");
      }
      if (Math.max(image.cols(), image.rows()) > MAX_SIDE || image.total() > MAX_PIXELS) {
        throw ImageSource.error(
            source,
            "is %dx%d pixels; %d a side and 268 million in all are most"
                .formatted(image.cols(), image.rows(), MAX_SIDE));
      }
      byte[] rgb = new byte[image.cols() * image.rows() * 3];
      image.data().get(rgb);
      return new Picture(rgb, image.cols(), image.rows());
    }
  }

  /** Empty if it is no image; OpenCV throws where a header promises more than it reads. */
  private static Mat decode(Mat file) {
    try {
      return imdecode(file, IMREAD_COLOR_RGB | IMREAD_IGNORE_ORIENTATION);
    } catch (RuntimeException e) {
      return new Mat();
    }
  }
}
