package org.starbeam.it;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeSet;
import java.util.stream.Stream;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.starbeam.failure.BadInputException;
import org.starbeam.fits.FitsReader;
import org.starbeam.fits.FitsWriter;
import org.starbeam.image.Box;
import org.starbeam.image.ImageF;
import org.starbeam.pipelines.ExitCode;
import org.starbeam.pipelines.campaign.RunCatalog;
import org.starbeam.pipelines.cli.Main;
import org.starbeam.schema.QuantumRecord;
import org.starbeam.schema.QuantumStatus;
import org.starbeam.transforms.ingest.IngestTask;

/**
 * More than five hundred damaged and more than two hundred hostile files are ingested by one
 * process with a heap of 256 MiB, and hostile words are given to the command line: each has an
 * answer, nothing ends in another way, nothing is written outside the repository.
 */
class HostileInputsIT {
  private static final int BLOCK = 2880;
  private static final String NUMBER = "10000000";
  private static final Set<String> REASONS =
      Set.of(
          "NOT_FITS",
          "TRUNCATED",
          "TOO_LARGE",
          "CORRUPT",
          "BAD_KEY",
          "MISSING_KEY",
          "MISSING_HDU",
          "UNREADABLE",
          "UNSUPPORTED",
          "ID_OVERFLOW",
          "FORBIDDEN_NAME",
          "UNKNOWN_INSTRUMENT",
          "HEADER_INVALID",
          "HEADER_MISSING",
          "FUTURE_TIME",
          "DUPLICATE_CONFLICT");
  private static final List<String> KEYS =
      List.of(
          "TELESCOP",
          "INSTRUME",
          "EXPID",
          "DATE-OBS",
          "TIMESYS",
          "EXPTIME",
          "IMAGETYP",
          "OBJECT",
          "FILTER",
          "FILTBAND",
          "DETECTOR",
          "RA",
          "DEC",
          "PA",
          "AIRMASS",
          "AIRTEMP",
          "OBSID",
          "SEQNUM",
          "CCDNUM",
          "EXTNAME");
  private static final List<String> VALUES =
      List.of(
          "../../../../../../tmp/starbeam-evil",
          "/etc/passwd",
          "..",
          ".",
          "a/b\\c",
          "<img src=x onerror=alert(1)>",
          "'; DROP TABLE raws; --",
          "${jndi:ldap://127.0.0.1/x}$(touch starbeam-evil)",
          "NaN",
          "1e999",
          "99999999999999999999",
          "-1");

  @TempDir static Path directory;
  private static Path raws;
  private static Path repository;
  private static byte[] good;
  private static int number = Integer.parseInt(NUMBER);

  /** What may become of a file, by its name: codes joined by |, DONE among them. */
  private static final Map<String, String> EXPECTED = new LinkedHashMap<>();

  private static Map<String, QuantumRecord> ends;
  private static Set<String> before;

  @BeforeAll
  static void ingest() throws Exception {
    raws = Files.createDirectories(directory.resolve("input/calibrated"));
    repository = directory.resolve("repo");
    good = frame();
    truncated();
    flipped();
    noise();
    packed();
    giants();
    keywords();
    names();
    before = names(directory);
    StarbeamProcess ingest =
        StarbeamProcess.ofClasses(
            directory,
            "256m",
            List.of(),
            "launch",
            "ci",
            "--set",
            "input=" + raws.getParent(),
            "--repo",
            repository.toString(),
            "--name",
            "run",
            "--steps",
            "ingest",
            "--parallelism",
            "2",
            "--status-port",
            "0",
            "-q");
    int code = ingest.await();
    String printed = ingest.printed();
    assertThat(code)
        .as(printed.substring(Math.max(0, printed.length() - 1000)))
        .isEqualTo(ExitCode.POLICY.code());
    ends = new HashMap<>();
    RunCatalog.open(repository, "run")
        .forEachLast(
            record -> {
              if (record.getTask().equals("ingest")) {
                ends.put(record.getInputs().get(0).getPath(), record);
              }
            });
  }

  /** A detrended frame of 40 x 30 pixels in three blocks of header and two of data. */
  private static byte[] frame() throws IOException {
    Path file = directory.resolve("good.fits");
    Map<String, Object> cards = new LinkedHashMap<>();
    cards.put("TELESCOP", "Small");
    cards.put("INSTRUME", "Small");
    cards.put("EXPID", NUMBER);
    cards.put("DATE-OBS", "2021-09-08T03:00:00");
    cards.put("TIMESYS", "TAI");
    cards.put("EXPTIME", 30.0);
    cards.put("IMAGETYP", "OBJECT");
    cards.put("FILTER", "r");
    cards.put("DETECTOR", 0);
    cards.put("RA", 11.0);
    cards.put("DEC", -30.0);
    ImageF image = new ImageF(new Box(0, 0, 40, 30));
    try (FitsWriter writer = FitsWriter.create(file)) {
      writer.primary(cards).image("IMAGE", image, Map.of("PIXTYPE", "image")).commit();
    }
    return Files.readAllBytes(file);
  }

  /** The good file as another exposure. */
  private static byte[] next() {
    String text = new String(good, StandardCharsets.ISO_8859_1);
    return text.replace(NUMBER, Integer.toString(number++)).getBytes(StandardCharsets.ISO_8859_1);
  }

  private static void put(String name, byte[] bytes, String expected) throws IOException {
    Path file = raws.resolve(name);
    Files.write(file, bytes);
    EXPECTED.put(file.toString(), expected);
  }

  private static void truncated() throws IOException {
    int blocks = good.length / BLOCK;
    for (int i = 0; i < blocks; i++) {
      put(
          "block%02d.fits".formatted(i),
          Arrays.copyOf(next(), i * BLOCK),
          i == 1 ? "MISSING_HDU" : "TRUNCATED|NOT_FITS");
    }
    SplittableRandom random = new SplittableRandom(1);
    for (int i = 0; i < 150; i++) {
      int length = random.nextInt(good.length - BLOCK);
      String expected = length / BLOCK == 1 ? "TRUNCATED|MISSING_HDU" : "TRUNCATED|NOT_FITS";
      put("cut%03d.fits".formatted(i), Arrays.copyOf(next(), length), expected);
    }
  }

  private static void flipped() throws IOException {
    SplittableRandom random = new SplittableRandom(2);
    int header = 2 * BLOCK;
    for (int i = 0; i < 150; i++) {
      byte[] bytes = next();
      bytes[random.nextInt(header)] ^= (byte) (1 << random.nextInt(8));
      put("header%03d.fits".formatted(i), bytes, "DONE|" + String.join("|", REASONS));
    }
    for (int i = 0; i < 60; i++) {
      byte[] bytes = next();
      bytes[header + random.nextInt(4800)] ^= (byte) (1 << random.nextInt(8));
      put("data%03d.fits".formatted(i), bytes, "DONE");
    }
  }

  private static void noise() throws IOException {
    SplittableRandom random = new SplittableRandom(3);
    for (int i = 0; i < 80; i++) {
      byte[] bytes = new byte[random.nextInt(20_000)];
      random.nextBytes(bytes);
      put("noise%02d.fits".formatted(i), bytes, "NOT_FITS");
    }
    put("empty.fits", new byte[0], "NOT_FITS|TRUNCATED");
    put("text.fits", "Seeing got worse.\n".getBytes(StandardCharsets.UTF_8), "NOT_FITS");
  }

  private static byte[] gzip(byte[] start, int zeros) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (OutputStream out = new GZIPOutputStream(bytes)) {
      out.write(start);
      byte[] block = new byte[1 << 20];
      for (int left = zeros; left > 0; left -= block.length) {
        out.write(block);
      }
    }
    return bytes.toByteArray();
  }

  private static void packed() throws IOException {
    put("good.fits.gz", gzip(next(), 0), "DONE");
    byte[] whole = gzip(next(), 0);
    for (int i = 0; i < 40; i++) {
      int length = 20 + i * (whole.length - 30) / 40;
      put("cut%02d.fits.gz".formatted(i), Arrays.copyOf(whole, length), "TRUNCATED|CORRUPT");
    }
    for (int i = 0; i < 4; i++) {
      put("bomb%d.fits.gz".formatted(i), gzip(next(), 300 << 20), "TOO_LARGE");
    }
    put("packed twice.fits.gz", gzip(gzip(next(), 300 << 20), 0), "NOT_FITS");
  }

  private static String card(String key, String value) {
    return String.format(Locale.ROOT, "%-8s= %-70s", key, value).substring(0, 80);
  }

  private static byte[] header(String... cards) {
    StringBuilder out = new StringBuilder();
    for (String one : cards) {
      out.append(one);
    }
    out.append(String.format("%-80s", "END"));
    while (out.length() % BLOCK != 0) {
      out.append(' ');
    }
    return out.toString().getBytes(StandardCharsets.ISO_8859_1);
  }

  private static void giants() throws IOException {
    List<String> axes =
        List.of("2147483647", "65537", "9223372036854775807", "-1", "1e9", "99999999999999999999");
    int i = 0;
    for (String axis : axes) {
      for (int naxis : new int[] {1, 2, 4, 999}) {
        List<String> cards = new ArrayList<>();
        cards.add(card("SIMPLE", "T"));
        cards.add(card("BITPIX", "-64"));
        cards.add(card("NAXIS", Integer.toString(naxis)));
        for (int k = 1; k <= Math.min(naxis, 999); k++) {
          cards.add(card("NAXIS" + k, axis));
        }
        put(
            "giant%02d.fits".formatted(i++),
            header(cards.toArray(String[]::new)),
            "TOO_LARGE|TRUNCATED|BAD_KEY");
      }
    }
    String[] many = new String[1_000_000];
    Arrays.fill(many, card("COMMENT", "x"));
    many[0] = card("SIMPLE", "T");
    put("cards.fits", header(many), "TOO_LARGE");
    ByteArrayOutputStream hdus = new ByteArrayOutputStream();
    hdus.write(header(card("SIMPLE", "T"), card("BITPIX", "8"), card("NAXIS", "0")));
    for (int k = 0; k < 1001; k++) {
      hdus.write(header(card("XTENSION", "'IMAGE   '"), card("BITPIX", "8"), card("NAXIS", "0")));
    }
    put("hdus.fits", hdus.toByteArray(), "TOO_LARGE");
    put(
        "tiles.fits",
        concatenated(
            header(card("SIMPLE", "T"), card("BITPIX", "8"), card("NAXIS", "0")),
            header(
                card("XTENSION", "'BINTABLE'"),
                card("BITPIX", "8"),
                card("NAXIS", "2"),
                card("NAXIS1", "8"),
                card("NAXIS2", "0"),
                card("PCOUNT", "0"),
                card("GCOUNT", "1"),
                card("TFIELDS", "1"),
                card("TFORM1", "'1PB(2147483647)'"),
                card("ZIMAGE", "T"),
                card("ZCMPTYPE", "'RICE_1  '"),
                card("ZBITPIX", "16"),
                card("ZNAXIS", "2"),
                card("ZNAXIS1", "65000"),
                card("ZNAXIS2", "65000"))),
        "TOO_LARGE|BAD_KEY|CORRUPT|UNSUPPORTED|MISSING_KEY");
  }

  private static byte[] concatenated(byte[] first, byte[] second) {
    byte[] out = Arrays.copyOf(first, first.length + second.length);
    System.arraycopy(second, 0, out, first.length, second.length);
    return out;
  }

  /** Twenty keywords with values that are no values, in the place of a comment or of their own. */
  private static void keywords() throws IOException {
    for (String key : KEYS) {
      for (int v = 0; v < VALUES.size(); v++) {
        String value = "'" + VALUES.get(v).replace("'", "''") + "'";
        byte[] bytes = next();
        String text = new String(bytes, 0, BLOCK, StandardCharsets.ISO_8859_1);
        int at = text.indexOf(String.format("%-8s=", key));
        int place = at < 0 ? text.indexOf(String.format("%-80s", "END")) : at;
        byte[] card = card(key, value).getBytes(StandardCharsets.ISO_8859_1);
        if (at < 0) {
          System.arraycopy(bytes, place, bytes, place + 80, 80);
        }
        System.arraycopy(card, 0, bytes, place, 80);
        put("key-%s-%02d.fits".formatted(key, v), bytes, "DONE|" + String.join("|", REASONS));
      }
    }
  }

  private static void names() throws IOException {
    for (String name :
        List.of(
            "..evil.fits",
            "-rf.fits",
            "$(touch starbeam-evil).fits",
            "<img src=x onerror=alert(1)>.fits",
            "'; drop table raws; --.fits",
            "%2e%2e%2f%2e%2e%2fevil.fits",
            "a\nb\u001b[2J.fits",
            "x".repeat(240) + ".fits",
            "a,b=c.fits")) {
      put(name, next(), "DONE");
    }
    Files.createSymbolicLink(raws.resolve("link.fits"), Path.of("/etc/passwd"));
    EXPECTED.put(raws.resolve("link.fits").toString(), "NOT_FITS");
    Files.createSymbolicLink(raws.resolve("zero.fits"), Path.of("/dev/zero"));
    Files.createSymbolicLink(raws.resolve("nowhere.fits"), Path.of("nowhere"));
  }

  private static Set<String> names(Path folder) throws IOException {
    try (Stream<Path> all = Files.walk(folder)) {
      return new TreeSet<>(
          all.filter(f -> !f.startsWith(repository) && !f.toString().endsWith(".out"))
              .map(Path::toString)
              .toList());
    }
  }

  @Test
  void everyFileHasTheAnswerThatItDeserves() {
    assertThat(EXPECTED.size()).isGreaterThan(700);
    List<String> wrong = new ArrayList<>();
    EXPECTED.forEach(
        (file, expected) -> {
          QuantumRecord end = ends.get(file);
          String found =
              end == null
                  ? "nothing"
                  : end.getStatus() == QuantumStatus.FAILED
                      ? end.getErrorCode()
                      : end.getStatus().name();
          if (!List.of(expected.split("\\|")).contains(found)) {
            wrong.add(
                Path.of(file).getFileName()
                    + ": expected "
                    + expected
                    + ", was "
                    + found
                    + (end == null ? "" : " " + end.getMessage()));
          }
        });
    assertThat(wrong).isEmpty();
    assertThat(ends.values())
        .allSatisfy(
            end -> {
              assertThat(end.getErrorClass()).isIn(null, "BAD_INPUT");
              assertThat(end.getCpuSeconds()).as(end.getMessage()).isLessThan(10);
            });
    long refused =
        ends.values().stream().filter(e -> e.getStatus() == QuantumStatus.FAILED).count();
    System.out.printf("HostileInputsIT: %d files, %d refused%n", ends.size(), refused);
  }

  @Test
  void nothingIsWrittenOutsideTheRepository() throws IOException {
    assertThat(names(directory)).isEqualTo(before);
    assertThat(Path.of("/tmp/starbeam-evil")).doesNotExist();
    assertThat(Path.of("starbeam-evil")).doesNotExist();
    try (Stream<Path> all = Files.walk(repository)) {
      assertThat(all.map(Path::toString)).noneMatch(name -> name.contains("evil"));
    }
  }

  @Test
  void headersAreReadFastEnough() throws IOException {
    List<Path> files = new ArrayList<>();
    for (int i = 0; i < 200; i++) {
      files.add(Files.write(directory.resolve("speed" + i + ".fits"), next()));
    }
    IngestTask task = new IngestTask(new IngestTask.Config(true));
    double perSecond = 0;
    for (int round = 0; round < 4; round++) {
      long start = cpu();
      files.forEach(file -> task.describe(file, file.toString(), null, null));
      perSecond = files.size() / ((cpu() - start) / 1e9);
    }
    for (Path file : files) {
      Files.delete(file);
    }
    System.out.printf("HostileInputsIT: %.0f headers per second of CPU%n", perSecond);
    assertThat(perSecond).isGreaterThan(500);
  }

  private static long cpu() {
    return ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime();
  }

  @Test
  void pixelsOfDamagedDataAreReadOrRefused() throws IOException {
    for (String file : EXPECTED.keySet()) {
      if (file.contains("/data") || file.contains("/header")) {
        try (FitsReader reader = FitsReader.open(Path.of(file))) {
          reader.readFloats(reader.firstImage());
        } catch (BadInputException e) {
          assertThat(e.getMessage()).contains(Path.of(file).getFileName().toString());
        }
      }
    }
  }

  @Test
  void hostileWordsOnTheCommandLineAreUsageErrors() {
    for (String expression :
        List.of(
            "1=1; drop table visits",
            "band = 'r' or exists(select 1)",
            "read_csv('/etc/passwd') = 1",
            "java.lang.Runtime.getRuntime().exit(3) = 1",
            "T(java.lang.Runtime) = 1",
            "${7*7} = 49",
            "(".repeat(5000) + "1" + ")".repeat(5000),
            "band in (" + "'r',".repeat(3) + ")",
            "visit -- comment")) {
      assertThat(run("launch", "ci", "--set", "input=" + raws.getParent(), "--where", expression))
          .as(expression)
          .isEqualTo(ExitCode.USAGE.code());
    }
    for (String name : List.of("../../evil", "/evil", "a/../../evil", "..", "a b", "$(x)")) {
      assertThat(run("launch", "ci", "--set", "input=" + raws.getParent(), "--name=" + name))
          .as(name)
          .isEqualTo(ExitCode.USAGE.code());
    }
  }

  @Test
  void sqlReadsTheRepositoryAndNothingElse() throws IOException {
    assertThat(run("sql", "--run", "run", "select count(*) from quanta; -- all")).isZero();
    Path target = directory.resolve("evil.csv");
    Path inside = repository.resolve("evil.csv");
    for (String query :
        List.of(
            "select * from read_csv('/etc/passwd')",
            "select * from read_text('/etc/passwd')",
            "select * from '/etc/passwd'",
            "copy (select 1) to '" + target + "'",
            "copy (select 1) to '" + inside + "'",
            "copy (select 1) to '" + inside + "'; select 1",
            "select e'a\\'' ; copy (select 1) to '" + inside + "'; select 1",
            "select 1 where 'a' like'\\' ; copy (select 1) to '" + inside + "'; select 1",
            "attach '" + target + "' as evil",
            "install httpfs",
            "load httpfs",
            "set enable_external_access = true",
            "create table evil as select 1",
            "export database '" + target + "'",
            "drop view quanta",
            "select getenv('HOME')")) {
      assertThat(run("sql", "--run", "run", query)).as(query).isEqualTo(ExitCode.USAGE.code());
      assertThat(target).doesNotExist();
      assertThat(inside).doesNotExist();
    }
  }

  private static int run(String... arguments) {
    String[] all = Arrays.copyOf(arguments, arguments.length + 2);
    all[arguments.length] = "--repo";
    all[arguments.length + 1] = repository.toString();
    return Main.execute(all);
  }
}
