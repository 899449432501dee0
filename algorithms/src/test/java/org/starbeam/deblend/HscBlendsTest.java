package org.starbeam.deblend;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.Test;
import org.starbeam.detection.Peak;
import org.starbeam.image.Box;
import org.starbeam.image.ImageD;
import org.starbeam.image.ImageF;
import org.starbeam.image.MaskI;
import org.starbeam.image.MaskPlanes;
import org.starbeam.image.MaskedImage;
import org.starbeam.image.SpanSet;
import org.starbeam.psf.PsfModel;
import org.starbeam.testing.Shared;
import org.starbeam.testing.StampPsf;

/** Real blends of HSC in five bands, read in place. */
class HscBlendsTest {
  private static final int BANDS = 5;

  /** An HDU of a file of cubes and one table. */
  private record Hdu(String name, int width, int height, ByteBuffer bytes) {}

  private static Map<String, Hdu> read(Path file) throws IOException {
    byte[] all;
    try (InputStream in = new GZIPInputStream(Files.newInputStream(file))) {
      all = in.readAllBytes();
    }
    Map<String, Hdu> out = new HashMap<>();
    int at = 0;
    while (at < all.length) {
      Map<String, String> cards = new HashMap<>();
      boolean end = false;
      while (!end) {
        for (int c = 0; c < 2880; c += 80) {
          String card = new String(all, at + c, 80, StandardCharsets.US_ASCII);
          end |= card.startsWith("END ");
          if (card.startsWith("= ", 8)) {
            cards.put(
                card.substring(0, 8).strip(),
                card.substring(10).split("/")[0].replace("'", "").strip());
          }
        }
        at += 2880;
      }
      int axes = Integer.parseInt(cards.getOrDefault("NAXIS", "0"));
      int size = axes == 0 ? 0 : Math.abs(Integer.parseInt(cards.get("BITPIX"))) / 8;
      for (int a = 1; a <= axes; a++) {
        size *= Integer.parseInt(cards.get("NAXIS" + a));
      }
      if (axes > 0) {
        String name = cards.get("EXTNAME");
        out.put(
            name,
            new Hdu(
                name,
                Integer.parseInt(cards.get("NAXIS1")),
                Integer.parseInt(cards.get("NAXIS2")),
                ByteBuffer.wrap(all, at, size).slice()));
      }
      at += (size + 2879) / 2880 * 2880;
    }
    return out;
  }

  private static float[] plane(Hdu cube, int band) {
    float[] out = new float[cube.width() * cube.height()];
    int n = out.length;
    for (int i = 0; i < n; i++) {
      int at = band * n + i;
      int bytes = cube.bytes().limit() / (BANDS * n);
      out[i] =
          bytes == 4
              ? cube.bytes().getFloat(4 * at)
              : bytes == 8 ? (float) cube.bytes().getDouble(8 * at) : cube.bytes().getShort(2 * at);
    }
    return out;
  }

  private static DeblendBand band(Map<String, Hdu> file, int b) {
    Hdu image = file.get("IMAGE");
    Box box = new Box(0, 0, image.width(), image.height());
    float[] variance = new float[box.area()];
    MaskedImage out =
        new MaskedImage(
            ImageF.wrap(box, plane(image, b)), new MaskI(box), ImageF.wrap(box, variance));
    float[] weight =
        plane(file.containsKey("WEIGHT") ? file.get("WEIGHT") : file.get("VARIANCE"), b);
    for (int i = 0; i < weight.length; i++) {
      variance[i] = file.containsKey("WEIGHT") ? 1 / weight[i] : weight[i];
      if (!(variance[i] > 0) || !Float.isFinite(variance[i])) {
        variance[i] = Float.POSITIVE_INFINITY;
        out.mask().data[i] = MaskPlanes.NO_DATA;
      }
    }
    float[] sorted = variance.clone();
    Arrays.sort(sorted);
    Hdu psf = file.get("PSF");
    double[] stamp = new double[psf.width() * psf.height()];
    float[] p = plane(psf, b);
    double sum = 0;
    for (int i = 0; i < stamp.length; i++) {
      stamp[i] = p[i];
      sum += p[i];
    }
    for (int i = 0; i < stamp.length; i++) {
      stamp[i] /= sum;
    }
    return new DeblendBand(
        "grizy".substring(b, b + 1),
        out,
        everywhere(ImageD.wrap(Box.around(0, 0, psf.width() / 2), stamp)),
        sorted[sorted.length / 10]);
  }

  private static StampPsf everywhere(ImageD stamp) {
    double s = ModelPsf.traceSigma(stamp);
    return new StampPsf(stamp, new double[] {s * s, s * s, 0});
  }

  /**
   * The peaks; their two columns are named in either order in these files, so the order that lies
   * on more light is taken.
   */
  private static List<Peak> peaks(Map<String, Hdu> file, MaskedImage image) {
    Hdu table = file.get("PEAKS");
    List<Peak> best = List.of();
    double most = Double.NEGATIVE_INFINITY;
    for (int first = 0; first < 2; first++) {
      List<Peak> out = new ArrayList<>();
      double light = 0;
      for (int i = 0; i < table.height(); i++) {
        int x = (int) Math.rint(table.bytes().getDouble(16 * i + 8 * first));
        int y = (int) Math.rint(table.bytes().getDouble(16 * i + 8 - 8 * first));
        out.add(new Peak(x, y, table.height() - i));
        light += image.box().contains(x, y) ? image.image().get(x, y) : -1;
      }
      if (light > most) {
        most = light;
        best = out;
      }
    }
    return best;
  }

  /** Mean over good pixels of (D - T)^2 / V. */
  private static double chi2(List<DeblendBand> bands, Redistribution split) {
    Map<String, PsfModel> psfs = new HashMap<>();
    bands.forEach(b -> psfs.put(b.name(), b.psf()));
    double chi2 = 0;
    int n = 0;
    for (int b = 0; b < BANDS; b++) {
      MaskedImage image = bands.get(b).image();
      float[] model = new float[image.box().area()];
      for (ScarletBlend blend : split.models()) {
        List<ImageD> kernels = BlendRenderer.kernels(blend, psfs);
        for (ScarletBlend.Source source : blend.sources()) {
          ImageF c = new BlendRenderer().render(blend, kernels, source, b);
          Box both = c.box().intersect(image.box());
          for (int y = both.y0(); y < both.y1(); y++) {
            for (int x = both.x0(); x < both.x1(); x++) {
              model[image.image().index(x, y)] += c.get(x, y);
            }
          }
        }
      }
      for (int i = 0; i < model.length; i++) {
        float v = image.variance().data[i];
        if (v > 0 && Float.isFinite(v)) {
          double r = image.image().data[i] - model[i];
          chi2 += r * r / v;
          n++;
        }
      }
    }
    return chi2 / n;
  }

  @Test
  void modelsDescribeTheBlendsToTheirNoise() throws IOException {
    List<Path> files;
    try (Stream<Path> all = Files.list(Shared.path("data/hsc-blends"))) {
      files = all.filter(f -> f.toString().endsWith(".fits.gz")).sorted().toList();
    }
    assertThat(files).hasSize(13);
    ScarletDeblender deblender = new ScarletDeblender(ScarletDeblender.Config.defaults());
    List<Double> all = new ArrayList<>();
    for (Path file : files) {
      Map<String, Hdu> hdus = read(file);
      List<DeblendBand> bands = new ArrayList<>();
      for (int b = 0; b < BANDS; b++) {
        bands.add(band(hdus, b));
      }
      List<Peak> peaks = peaks(hdus, bands.get(2).image());
      Box box = bands.get(0).image().box();
      Redistribution split = deblender.deblend(bands, SpanSet.ofBox(box), peaks);
      double chi2 = chi2(bands, split);
      all.add(chi2);
      assertThat(chi2).as(file.getFileName().toString()).isBetween(0.85, 2.0);
      for (int k = 0; k < peaks.size(); k++) {
        for (DeblendedChild.BandLight light : split.child(k).bands()) {
          assertThat(light.flux()).isFinite();
        }
      }
    }
    double[] sorted = all.stream().mapToDouble(Double::doubleValue).sorted().toArray();
    assertThat(sorted[sorted.length / 2]).isBetween(0.9, 1.05);
  }
}
