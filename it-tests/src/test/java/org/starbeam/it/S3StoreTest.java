package org.starbeam.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.starbeam.pipelines.ExitCode;
import org.starbeam.pipelines.UserException;
import org.starbeam.pipelines.repository.RepositoryFile;
import org.starbeam.transforms.dataset.InputFile;
import org.starbeam.transforms.dataset.InputFolder;
import org.starbeam.transforms.store.StoreFiles;
import org.starbeam.transforms.store.StoreOptions;
import org.starbeam.transforms.store.StoreProbe;
import org.starbeam.transforms.store.StoreUnavailableException;

/** Files in a local S3 server through Beam's file system. */
class S3StoreTest {
  private static final String PLACE = "s3://" + S3Server.BUCKET + "/store";

  @TempDir static Path directory;
  private static S3Server server;

  @BeforeAll
  static void start() throws Exception {
    System.setProperty("starbeam.cache", directory.resolve("cache").toString());
    server = S3Server.start(directory.resolve("server"));
  }

  @AfterAll
  static void stop() throws Exception {
    System.clearProperty("starbeam.cache");
    server.close();
  }

  private static Path file(String name, int bytes) throws IOException {
    byte[] content = new byte[bytes];
    new Random(bytes).nextBytes(content);
    return Files.write(directory.resolve(name), content);
  }

  @Test
  void filesOfOneAndOfManyPartsComeBackAsTheyWere() throws IOException {
    for (int bytes : new int[] {0, 1, 100_000, 20_000_000}) {
      String uri = PLACE + "/whole/visit=7,detector=" + bytes + ".fits";
      StoreFiles.patient().put(file("given", bytes), uri);
      Path back = directory.resolve("back");
      assertThat(StoreFiles.patient().get(uri, back)).isEqualTo(bytes);
      assertThat(back).hasSameBinaryContentAs(directory.resolve("given"));
    }
  }

  @Test
  void whatWasPutIsListedFoundReplacedAndDeleted() throws IOException {
    String a = PLACE + "/list/x/a.parquet";
    String b = PLACE + "/list/b.json";
    StoreFiles.patient().put(file("a", 10), a);
    StoreFiles.patient().put(file("b", 20), b);
    StoreFiles.patient().put(file("b", 30), b);
    assertThat(StoreFiles.patient().list(PLACE + "/list"))
        .extracting(entry -> entry.uri() + " " + entry.bytes())
        .containsExactly(b + " 30", a + " 10");
    assertThat(StoreFiles.patient().find(b).bytes()).isEqualTo(30);
    StoreFiles.patient().delete(List.of(a, b));
    assertThat(StoreFiles.patient().find(a)).isNull();
    assertThat(StoreFiles.patient().list(PLACE + "/list")).isEmpty();
    assertThatThrownBy(() -> StoreFiles.patient().get(a, directory.resolve("none")))
        .isInstanceOf(NoSuchFileException.class);
  }

  @Test
  void aServerThatRefusesForAWhileIsAskedAgain() throws Exception {
    server.shut();
    Thread opens =
        new Thread(
            () -> {
              while (server.refused() < 6) {
                Thread.onSpinWait();
              }
              server.open();
            });
    opens.start();
    StoreFiles.patient().put(file("late", 1000), PLACE + "/late");
    opens.join();
    assertThat(StoreFiles.patient().find(PLACE + "/late").bytes()).isEqualTo(1000);
  }

  @Test
  void anInputInAStoreHasTheFilesThatADirectoryHas() throws IOException {
    Path input = directory.resolve("input");
    for (String name : List.of("camera.yaml", "raw/n1/a.fits.fz", "raw/b.fits", "refcat/r.fits")) {
      Files.createDirectories(input.resolve(name).getParent());
      Files.writeString(input.resolve(name), "content of " + name);
    }
    server.upload(input, "raws");
    InputFolder local = InputFolder.of(input);
    InputFolder stored = InputFolder.of("s3://" + S3Server.BUCKET + "/raws/");
    assertThat(stored.exists()).isTrue();
    assertThat(stored.has("calibrated")).isFalse();
    assertThat(stored.files("raw"))
        .extracting(InputFile::relative, file -> file.id().toString(), InputFile::bytes)
        .isEqualTo(
            local.files("raw").stream()
                .map(
                    f ->
                        org.assertj.core.groups.Tuple.tuple(
                            f.relative(), f.id().toString(), f.bytes()))
                .toList());
    InputFile camera = stored.file("camera.yaml");
    assertThat(camera.place()).isEqualTo("s3://" + S3Server.BUCKET + "/raws/camera.yaml");
    assertThat(camera.local()).hasContent("content of camera.yaml");
    assertThat(stored.file("raw")).isNull();
  }

  @Test
  void aBucketThatIsNotThereAndAWrongSignatureEndBeforeAnyWork() throws IOException {
    Path fresh = directory.resolve("fresh");
    assertThatThrownBy(() -> RepositoryFile.init(fresh, "s3://no-such-bucket/x"))
        .isInstanceOfSatisfying(
            UserException.class, e -> assertThat(e.exitCode()).isEqualTo(ExitCode.INFRASTRUCTURE))
        .hasMessageContaining("s3://no-such-bucket/x cannot be used")
        .hasMessageContaining("bucket does not exist");
    assertThat(fresh.resolve("repo.json")).doesNotExist();
    System.setProperty("aws.secretAccessKey", "another");
    try {
      assertThatThrownBy(() -> StoreProbe.check(PLACE))
          .isInstanceOf(StoreUnavailableException.class)
          .hasMessageContaining("403")
          .hasMessageNotContaining("another");
    } finally {
      System.setProperty("aws.secretAccessKey", S3Server.SECRET);
    }
  }

  @Test
  void optionsSayWhereTheServerIsAndNotWhoAsks() {
    assertThat(StoreOptions.all())
        .contains("endpoint=" + server.endpoint(), "awsRegion=us-east-1")
        .noneMatch(option -> option.contains(S3Server.SECRET) || option.contains(S3Server.KEY_ID));
    assertThat(StoreOptions.with(List.of("endpoint=http://other:1", "jobName=x")))
        .contains("endpoint=http://other:1")
        .doesNotContain("endpoint=" + server.endpoint());
  }
}
