package org.starbeam.fits;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.starbeam.failure.BadInputException;
import org.starbeam.image.Box;
import org.starbeam.image.MaskedImage;
import org.starbeam.testing.Shared;

class FitsReaderTest {
  @TempDir Path folder;

  /** A file of cards, padded to blocks, with bytes behind. */
  private Path file(int dataBytes, String... cards) throws IOException {
    StringBuilder text = new StringBuilder();
    for (String card : cards) {
      text.append(String.format("%-80s", card));
    }
    text.append(String.format("%-80s", "END"));
    while (text.length() % 2880 != 0) {
      text.append(' ');
    }
    byte[] head = text.toString().getBytes(StandardCharsets.US_ASCII);
    Path path = folder.resolve("f.fits");
    Files.write(path, Arrays.copyOf(head, head.length + dataBytes));
    return path;
  }

  private static void assertCode(Path path, String code) {
    assertThatThrownBy(() -> FitsReader.open(path))
        .isInstanceOfSatisfying(BadInputException.class, e -> assertThat(e.code()).isEqualTo(code))
        .hasMessageContaining(path.getFileName().toString());
  }

  @Test
  void headerValuesAreTypedAndWhatIsUndefinedIsAbsent() throws IOException {
    Path path =
        file(
            0,
            "SIMPLE  =                    T / standard",
            "BITPIX  =                    8",
            "NAXIS   =                    0",
            "EXPTIME =                 30.5 / [s]",
            "BIG     =           4294967296",
            "EXPON   =              1.5D+03",
            "TEXT    = 'it''s  '            / a comment with 'quotes'",
            "NUMTEXT = '12.5    '",
            "EMPTY   =                      / nothing",
            "BLANK   = '        '",
            "UNDEF   = 'UNDEFINED'",
            "NOTANUM =                  NaN",
            "HIERARCH ESO DET CHIP NO =  13 / chip",
            "LONG    = 'abc&'",
            "CONTINUE  'def&'",
            "CONTINUE  'ghi'                / the end",
            "TWICE   =                    1",
            "TWICE   =                    2",
            "COMMENT   free text",
            "lower   =                    5",
            "GARBAGE without any meaning");
    try (FitsReader reader = FitsReader.open(path)) {
      HeaderView h = reader.primaryHeader();
      assertThat(h.number("EXPTIME")).isEqualTo(30.5);
      assertThat(h.longInteger("BIG")).isEqualTo(4294967296L);
      assertThat(h.number("EXPON")).isEqualTo(1500);
      assertThat(h.string("TEXT")).isEqualTo("it's");
      assertThat(h.number("NUMTEXT")).isEqualTo(12.5);
      for (String absent : new String[] {"EMPTY", "BLANK", "UNDEF", "NOTANUM", "NOTHERE"}) {
        assertThat(h.has(absent)).as(absent).isFalse();
      }
      assertThat(h.integer("ESO DET CHIP NO")).isEqualTo(13);
      assertThat(h.integer("HIERARCH ESO DET CHIP NO")).isEqualTo(13);
      assertThat(h.string("LONG")).isEqualTo("abcdefghi");
      assertThat(h.integer("TWICE")).isEqualTo(1);
      assertThat(h.integer("lower")).isEqualTo(5);
      assertThatThrownBy(() -> h.number("TEXT"))
          .isInstanceOf(BadInputException.class)
          .hasMessageContaining("f.fits[0]: TEXT = it's");
      assertThatThrownBy(() -> h.string("NOTHERE"))
          .isInstanceOf(BadInputException.class)
          .hasMessageContaining("NOTHERE is missing");
    }
  }

  @Test
  void whatIsNotFitsOrEndsTooEarlyIsNamed() throws IOException {
    Path text = Files.writeString(folder.resolve("f.fits"), "hello, this is no FITS file at all");
    assertCode(text, "NOT_FITS");
    Files.write(text, new byte[0]);
    assertCode(text, "NOT_FITS");
    Path cut =
        file(
            100,
            "SIMPLE  =                    T",
            "BITPIX  =                  -32",
            "NAXIS   =                    2",
            "NAXIS1  =                  100",
            "NAXIS2  =                  100");
    assertCode(cut, "TRUNCATED");
    byte[] head = Files.readAllBytes(cut);
    Files.write(cut, Arrays.copyOf(head, 2000));
    assertCode(cut, "TRUNCATED");
  }

  @Test
  void giantsAreRefusedBeforeMemoryIsTaken() throws IOException {
    String[][] giants = {
      {"BITPIX  = 8", "NAXIS   = 2", "NAXIS1  = 2000000000", "NAXIS2  = 2000000000"},
      {"BITPIX  = 8", "NAXIS   = 1", "NAXIS1  = 99999999999999"},
      {"BITPIX  = 64", "NAXIS   = 2", "NAXIS1  = 9223372036854775807", "NAXIS2  = 9"},
      {"BITPIX  = 8", "NAXIS   = 0", "PCOUNT  = 9223372036854775807"},
    };
    for (String[] giant : giants) {
      String[] cards = new String[giant.length + 1];
      cards[0] = "SIMPLE  =                    T";
      System.arraycopy(giant, 0, cards, 1, giant.length);
      Path path = file(0, cards);
      Throwable thrown =
          catchThrowable(
              () -> {
                try (FitsReader reader = FitsReader.open(path)) {
                  assertThat(reader.hdu(0).isImage()).isFalse();
                }
              });
      if (thrown != null) {
        assertThat(thrown).isInstanceOf(BadInputException.class);
      }
    }
    Path many = file(2880 * 300, "SIMPLE  = T", "BITPIX  = 8", "NAXIS   = 0");
    byte[] bytes = Files.readAllBytes(many);
    Arrays.fill(bytes, 240, bytes.length, (byte) ' ');
    Files.write(many, bytes);
    assertThatThrownBy(() -> FitsReader.open(many))
        .isInstanceOf(BadInputException.class)
        .hasMessageMatching(".*(more than 10000 cards|ends inside the header).*");
  }

  @Test
  void aGzipBombStopsAtItsRatio() throws IOException {
    Path bomb = folder.resolve("b.fits.gz");
    try (GZIPOutputStream out = new GZIPOutputStream(Files.newOutputStream(bomb))) {
      byte[] zeros = new byte[1 << 20];
      for (int i = 0; i < 160; i++) {
        out.write(zeros);
      }
    }
    assertCode(bomb, "TOO_LARGE");
  }

  /** Bytes of a good compressed file turned at random: an answer or a BadInputException. */
  @Test
  void damagedFilesNeverFailInAnotherWay() throws IOException {
    MaskedImage image = ImageFileTest.skyFrame(new Box(0, 0, 200, 100), 3);
    Path path = folder.resolve("a.fits");
    ImageFileTest.sample(image).write(path, ImageFile.Form.quantised(20, image, "1"));
    byte[] good = Files.readAllBytes(path);
    SplittableRandom random = new SplittableRandom(5);
    int read = 0;
    for (int round = 0; round < 400; round++) {
      byte[] bad = good.clone();
      for (int k = 0; k < 1 + round % 6; k++) {
        bad[random.nextInt(bad.length)] = (byte) random.nextInt(256);
      }
      if (round % 7 == 0) {
        bad = Arrays.copyOf(bad, random.nextInt(bad.length));
      }
      Files.write(path, bad);
      try {
        ImageFile.read(path);
        read++;
      } catch (BadInputException e) {
        assertThat(e.getMessage()).contains("a.fits");
      }
    }
    assertThat(read).isGreaterThan(50);
  }

  @Test
  void rawFilesOfRealCamerasOpen() throws IOException {
    Path cameras = Shared.path("data/lsst-raw-cameras");
    int images = 0;
    try (var files = Files.walk(cameras)) {
      for (Path path :
          files.filter(f -> f.toString().matches(".*\\.fits?(\\.fz|\\.gz)?")).toList()) {
        try (FitsReader reader = FitsReader.open(path)) {
          for (FitsHdu hdu : reader.hdus()) {
            if (hdu.isImage()) {
              assertThat(reader.readFloats(hdu).data).hasSize(hdu.width() * hdu.height());
              images++;
            }
          }
        }
      }
    }
    assertThat(images).isGreaterThan(10);
  }

  @Test
  void mergedViewAsksTheExtensionFirst() {
    Map<String, Object> primary = new LinkedHashMap<>();
    primary.put("A", 1);
    primary.put("B", 2);
    HeaderView merged =
        HeaderView.merged(HeaderView.of("p", primary), HeaderView.of("x", Map.of("B", 3)));
    assertThat(merged.integer("A")).isEqualTo(1);
    assertThat(merged.integer("B")).isEqualTo(3);
    assertThat(merged.toMap()).containsExactly(Map.entry("B", 3), Map.entry("A", 1));
  }
}
