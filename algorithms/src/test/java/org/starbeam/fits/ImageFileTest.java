package org.starbeam.fits;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.starbeam.image.Box;
import org.starbeam.image.MaskPlanes;
import org.starbeam.image.MaskedImage;

class ImageFileTest {
  private static final double SIGMA = 20;

  @TempDir Path folder;

  static MaskedImage skyFrame(Box box, long seed) {
    MaskedImage out = new MaskedImage(box);
    SplittableRandom random = new SplittableRandom(seed);
    for (int i = 0; i < box.area(); i++) {
      out.image().data[i] = (float) (300 + SIGMA * random.nextGaussian());
      out.variance().data[i] = (float) (SIGMA * SIGMA + 0.1 * random.nextGaussian());
      out.mask().data[i] = random.nextInt(50) == 0 ? random.nextInt() & 0x7ffffeff : 0;
    }
    return out;
  }

  static ImageFile sample(MaskedImage image) {
    Map<String, Object> cards = new LinkedHashMap<>();
    cards.put("INSTRUME", new Commented("SimCam", "camera"));
    cards.put("VISIT", 20210907000123L);
    cards.put("BUNIT", "nJy");
    cards.put("A LONG KEYWORD", 1.25);
    cards.put("STORY", "it's a long text, 'quoted', in places: " + "abcdefghij'".repeat(20) + ".");
    Map<String, Object> wcs = new LinkedHashMap<>();
    wcs.put("CTYPE1", "RA---TAN");
    wcs.put("CTYPE2", "DEC--TAN");
    wcs.put("CRPIX1", 512.25);
    wcs.put("CRPIX2", -3.5);
    wcs.put("CRVAL1", 150.1);
    wcs.put("CRVAL2", 2.2);
    wcs.put("CD1_1", -5.5e-5);
    wcs.put("CD1_2", 0.0);
    wcs.put("CD2_1", 0.0);
    wcs.put("CD2_2", 5.5e-5);
    Map<String, Object> columns = new LinkedHashMap<>();
    columns.put("x", new double[] {1.5, Double.NaN});
    columns.put("id", new long[] {1L << 40, -1});
    columns.put("n", new int[] {7, 8});
    columns.put("f", new float[] {1.5f, 2.5f});
    columns.put("ok", new boolean[] {true, false});
    columns.put("name", new String[] {"a", "long name"});
    columns.put("coef", new double[][] {{1, 2, 3}, {4, 5, 6}});
    columns.put("pix", new float[][] {{1, 2}, {4, 5}});
    columns.put("span", new int[][] {{1, 2}, {4, 5}});
    Map<String, Object> header = new LinkedHashMap<>();
    header.put("DEGREE", 2);
    FitsTable table = new FitsTable("PSF", header, columns);
    return new ImageFile(image, cards, wcs, List.of(table));
  }

  @Test
  void plainFormReturnsEveryBitWithOriginCardsAndTables() {
    ImageFile in = sample(skyFrame(new Box(-3, 7, 150, 131), 1));
    Path path = folder.resolve("a.fits");
    in.write(path, ImageFile.Form.plain());
    ImageFile out = ImageFile.read(path);
    assertThat(out.image().box()).isEqualTo(in.image().box());
    assertThat(out.image().image().toArray()).isEqualTo(in.image().image().toArray());
    assertThat(out.image().mask().toArray()).isEqualTo(in.image().mask().toArray());
    assertThat(out.image().variance().toArray()).isEqualTo(in.image().variance().toArray());
    assertThat(out.header().string("INSTRUME")).isEqualTo("SimCam");
    assertThat(out.header().longInteger("VISIT")).isEqualTo(20210907000123L);
    assertThat(out.header().number("A LONG KEYWORD")).isEqualTo(1.25);
    assertThat(out.header().string("STORY")).isEqualTo(in.header().string("STORY"));
    assertThat(out.wcs()).containsEntry("CRPIX1", 512.25).containsEntry("CRPIX2", -3.5);
    assertThat(out.planes()).isEqualTo(MaskPlanes.bits());
    FitsTable table = out.requireTable("PSF");
    assertThat(table.header()).containsEntry("DEGREE", 2);
    in.tables()
        .get(0)
        .columns()
        .forEach((name, values) -> assertThat(table.columns().get(name)).isEqualTo(values));
  }

  @Test
  void pixelsWithoutValueBecomeNoDataOfInfiniteVariance() {
    MaskedImage image = skyFrame(new Box(0, 0, 70, 70), 2);
    image.image().set(3, 4, Float.NaN);
    image.image().set(4, 4, Float.NEGATIVE_INFINITY);
    image.variance().set(5, 4, Float.POSITIVE_INFINITY);
    image.mask().set(6, 4, MaskPlanes.NO_DATA | MaskPlanes.EDGE);
    Path path = folder.resolve("a.fits");
    sample(image).write(path, ImageFile.Form.quantised(SIGMA, image, "1/2"));
    MaskedImage out = ImageFile.read(path).image();
    for (int x = 3; x <= 6; x++) {
      assertThat(out.image().get(x, 4)).isZero();
      assertThat(out.variance().get(x, 4)).isEqualTo(Float.POSITIVE_INFINITY);
      assertThat(out.mask().get(x, 4) & MaskPlanes.NO_DATA).isNotZero();
    }
    assertThat(out.mask().get(6, 4) & MaskPlanes.EDGE).isNotZero();
    assertThat(out.mask().get(7, 5)).isEqualTo(image.mask().get(7, 5));
  }

  @Test
  void quantisedErrorIsThatOfOneStepAndUnbiased() {
    MaskedImage image = skyFrame(new Box(0, 0, 1000, 700), 3);
    image.image().set(500, 300, 3e6f);
    Path path = folder.resolve("a.fits");
    ImageFile.Form form = ImageFile.Form.quantised(SIGMA, image, "1/2");
    sample(image).write(path, form);
    MaskedImage out = ImageFile.read(path).image();
    double step = form.imageStep();
    int n = 0;
    double sum = 0;
    double squares = 0;
    for (int i = 0; i < image.image().data.length; i++) {
      double d = out.image().data[i] - image.image().data[i];
      assertThat(Math.abs(d))
          .isLessThanOrEqualTo(step / 2 * (1 + 1e-3) + 0.25 * (i == 300500 ? 1 : 0));
      sum += d;
      squares += d * d;
      n++;
      assertThat(out.variance().data[i]).isPositive();
    }
    assertThat(Math.abs(sum / n)).isLessThan(4 * step / Math.sqrt(12.0 * n));
    assertThat(Math.sqrt(squares / n))
        .isBetween(step / Math.sqrt(12) * 0.99, step / Math.sqrt(12) * 1.01);
    assertThat(out.mask().toArray()).isEqualTo(image.mask().toArray());
  }

  @Test
  void sameContentGivesSameBytesAndWritingWhatWasReadDoesToo() throws Exception {
    MaskedImage image = skyFrame(new Box(10, 20, 200, 130), 4);
    image.image().set(50, 60, Float.NaN);
    ImageFile.Form form = ImageFile.Form.quantised(SIGMA, image, "1/2");
    ImageFile file = sample(image);
    file.write(folder.resolve("a.fits"), form);
    file.write(folder.resolve("b.fits"), form);
    ImageFile.read(folder.resolve("a.fits")).write(folder.resolve("c.fits"), form);
    byte[] a = Files.readAllBytes(folder.resolve("a.fits"));
    assertThat(Files.readAllBytes(folder.resolve("b.fits"))).isEqualTo(a);
    ImageFile.read(folder.resolve("c.fits")).write(folder.resolve("d.fits"), form);
    assertThat(Files.readAllBytes(folder.resolve("d.fits")))
        .isEqualTo(Files.readAllBytes(folder.resolve("c.fits")));
    assertThat(ImageFile.read(folder.resolve("c.fits")).image().image().toArray())
        .isEqualTo(ImageFile.read(folder.resolve("a.fits")).image().image().toArray());
  }

  @Test
  void cutOutEqualsThePartOfTheWholeAndReadsLittleMore() throws Exception {
    MaskedImage image = skyFrame(new Box(-100, 50, 1500, 1400), 5);
    Path path = folder.resolve("a.fits");
    sample(image).write(path, ImageFile.Form.quantised(SIGMA, image, "1/2"));
    MaskedImage whole = ImageFile.read(path).image();
    Box box = new Box(301, 333, 512, 512);
    try (TiledCutout cutout = TiledCutout.open(path)) {
      long before = cutout.bytesRead();
      MaskedImage part = cutout.read(box);
      long read = cutout.bytesRead() - before;
      assertThat(part.image().toArray()).isEqualTo(whole.view(box).image().toArray());
      assertThat(part.mask().toArray()).isEqualTo(whole.view(box).mask().toArray());
      assertThat(part.variance().toArray()).isEqualTo(whole.view(box).variance().toArray());
      double share = Files.size(path) * (double) box.area() / image.box().area();
      assertThat(read).isLessThan((long) (1.35 * share));
    }
  }
}
