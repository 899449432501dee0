package org.starbeam.benchmark;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.TearDown;
import org.starbeam.fits.FitsReader;
import org.starbeam.fits.FitsWriter;
import org.starbeam.fits.ImageFile;
import org.starbeam.image.Box;
import org.starbeam.image.ImageF;
import org.starbeam.image.MaskedImage;
import org.starbeam.transforms.store.FileTrees;

/** Reading and writing of image files in a warm page cache. */
@SuppressWarnings("NullAway.Init") // set up by JMH
public class FitsBenchmark extends PixelBenchmark {
  private Path folder;
  private Path quantised;
  private Path plain;
  private Path raw;
  private Path out;
  private ImageFile file;
  private ImageFile.Form form;
  private short[] shorts;

  @Override
  protected void prepare() {
    try {
      folder = Files.createTempDirectory("starbeam-benchmark");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    quantised = folder.resolve("quantised.fits");
    plain = folder.resolve("plain.fits");
    raw = folder.resolve("raw.fits");
    out = folder.resolve("out.fits");
    file = new ImageFile(frame, Map.of(), Map.of(), List.of());
    form = ImageFile.Form.quantised(Frames.SKY_SIGMA, frame, "1/1");
    file.write(quantised, form);
    file.write(plain, ImageFile.Form.plain());
    shorts = new short[SIZE * SIZE];
    for (int i = 0; i < shorts.length; i++) {
      shorts[i] = (short) (1000 + Math.max(0, frame.image().data[i]));
    }
    writeRaw();
  }

  @TearDown
  public void clean() throws IOException {
    FileTrees.delete(folder);
  }

  /** Three planes, 12 bytes a pixel. */
  @Benchmark
  public ImageFile readQuantised() {
    return ImageFile.read(quantised);
  }

  @Benchmark
  public ImageFile readPlain() {
    return ImageFile.read(plain);
  }

  @Benchmark
  public void writeQuantised() {
    file.write(out, form);
  }

  @Benchmark
  public ImageF readFloatPlaneRice() {
    try (FitsReader reader = FitsReader.open(quantised)) {
      return reader.readFloats(reader.hdu("IMAGE"));
    }
  }

  @Benchmark
  public void writeFloatPlaneRice() {
    try (FitsWriter writer = FitsWriter.create(out)) {
      writer
          .primary(Map.of())
          .quantised(
              "IMAGE",
              frame.image(),
              Map.of(),
              new FitsWriter.Quantiser(form.imageStep(), 1, false))
          .commit();
    }
  }

  @Benchmark
  public int[] readShortPlaneRice() {
    try (FitsReader reader = FitsReader.open(raw)) {
      return reader.readInts(reader.hdu("RAW"));
    }
  }

  @Benchmark
  public void writeRaw() {
    try (FitsWriter writer = FitsWriter.create(raw)) {
      writer.primary(Map.of()).unsignedShorts("RAW", SIZE, SIZE, shorts, Map.of(), true).commit();
    }
  }

  @Benchmark
  public MaskedImage cutOut512() {
    return ImageFile.readBox(quantised, new Box(701, 833, 512, 512));
  }
}
