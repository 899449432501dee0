package org.starbeam.transforms.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.starbeam.failure.BadInputException;
import org.starbeam.schema.DatasetRef;

/** The way from references to files, for a repository whose datasets rest in an object store. */
class DatasetFilesTest {
  private static final String STORE = "memory://bucket/products";

  @TempDir static Path cache;
  @TempDir Path root;

  @BeforeAll
  static void cacheHere() {
    System.setProperty("starbeam.cache", cache.toString());
  }

  @BeforeEach
  void repository() throws IOException {
    MemoryStore.reset();
    Files.writeString(root.resolve("repo.json"), "{\"data\": \"" + STORE + "\"}");
  }

  @AfterEach
  void nothingBelowTheRoot() {
    assertThat(root.resolve("data")).doesNotExist();
  }

  private static DatasetRef ref(String path, String hash, long bytes) {
    return new DatasetRef("bias", "detector=1", "run", path, hash, bytes);
  }

  private DatasetRef put(DatasetFiles files, String name, String content) throws IOException {
    String path = "data/run/bias/" + name + ".fits";
    Path temporary = files.temporary(path);
    Files.writeString(temporary, content);
    files.put(temporary, path, "hash of " + content);
    assertThat(temporary).doesNotExist();
    return ref(path, "hash of " + content, content.length());
  }

  @Test
  void whatWasPutIsInTheStoreAndIsReadWithoutAskingIt() throws IOException {
    DatasetFiles files = DatasetFiles.of(root);
    DatasetRef ref = put(files, "a", "content");
    assertThat(MemoryStore.FILES).containsOnlyKeys(STORE + "/data/run/bias/a.fits");
    assertThat(files.exists(ref)).isTrue();
    int before = MemoryStore.REQUESTS.get();
    assertThat(files.path(ref)).hasContent("content");
    assertThat(MemoryStore.REQUESTS).hasValue(before);
    assertThat(files.place()).isEqualTo(STORE + "/data");
  }

  @Test
  void whatAnotherNodePutIsFetchedOnceAndHasItsName() throws IOException {
    MemoryStore.FILES.put(STORE + "/data/run/bias/b.fits", "other node".getBytes());
    DatasetFiles files = DatasetFiles.of(root);
    DatasetRef ref = ref("data/run/bias/b.fits", "hash b", 10);
    Path file = files.path(ref);
    assertThat(file).hasContent("other node");
    assertThat(file.getFileName().toString()).endsWith("b.fits");
    int before = MemoryStore.REQUESTS.get();
    assertThat(files.path(ref)).isEqualTo(file);
    assertThat(MemoryStore.REQUESTS).hasValue(before);
  }

  @Test
  void anotherContentUnderTheSamePathIsNotServedFromTheCache() throws IOException {
    DatasetFiles files = DatasetFiles.of(root);
    DatasetRef first = put(files, "c", "first");
    DatasetRef second = put(files, "c", "second");
    assertThat(files.path(second)).hasContent("second");
    assertThat(files.path(first)).hasContent("first");
  }

  @Test
  void aFileOfTheWrongLengthIsNotTaken() {
    MemoryStore.FILES.put(STORE + "/data/run/bias/d.fits", "cut o".getBytes());
    DatasetFiles files = DatasetFiles.of(root);
    DatasetRef ref = ref("data/run/bias/d.fits", "hash d", 7);
    assertThatThrownBy(() -> files.path(ref))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("has 5 bytes, by the ledger it has 7");
  }

  @Test
  void whatIsNotThereIsMissingAndNoFaultOfTheStore() throws IOException {
    DatasetFiles files = DatasetFiles.of(root);
    DatasetRef ref = ref("data/run/bias/e.fits", "hash e", 7);
    assertThat(files.exists(ref)).isFalse();
    assertThatThrownBy(() -> files.path(ref)).isInstanceOf(NoSuchFileException.class);
  }

  @Test
  void aBusyStoreIsAskedAgain() throws IOException {
    MemoryStore.BUSY.set(3);
    DatasetRef ref = put(DatasetFiles.of(root), "f", "content");
    assertThat(MemoryStore.BUSY).hasValue(0);
    assertThat(MemoryStore.FILES).containsKey(STORE + "/" + ref.getPath());
  }

  @Test
  void anUploadThatCameThroughShortIsRepeatedAndNeverPublished() throws IOException {
    MemoryStore.cut = 3;
    Thread mends =
        new Thread(
            () -> {
              while (MemoryStore.FILES.isEmpty()) {
                Thread.onSpinWait();
              }
              MemoryStore.cut = Integer.MAX_VALUE;
            });
    mends.start();
    DatasetRef ref = put(DatasetFiles.of(root), "g", "content");
    assertThat(MemoryStore.FILES.get(STORE + "/" + ref.getPath())).hasSize(7);
  }

  @Test
  void aStoreThatRefusesSaysSoAtOnceAndIsFoundToAnswerLater() throws IOException {
    MemoryStore.refusal = "Access Denied (Service: S3, Status Code: 403)";
    DatasetFiles files = DatasetFiles.of(root);
    assertThatThrownBy(() -> put(files, "h", "content"))
        .isInstanceOfSatisfying(
            StoreUnavailableException.class,
            e -> {
              assertThat(e)
                  .hasMessageContaining("cannot write " + STORE + "/data/run/bias/h.fits")
                  .hasMessageContaining("Access Denied");
              assertThat(files.isAnswering(String.valueOf(e.getMessage()))).isFalse();
              MemoryStore.refusal = null;
              assertThat(files.isAnswering(String.valueOf(e.getMessage()))).isTrue();
            });
    assertThat(MemoryStore.FILES).isEmpty();
  }

  @Test
  void rawFramesOfAStoreAreReadAlsoWhenDatasetsRestOnADisk(@TempDir Path other) throws IOException {
    MemoryStore.FILES.put("memory://bucket/raws/x.fits.fz", "raw".getBytes());
    DatasetFiles files = DatasetFiles.of(other);
    DatasetRef input = ref("memory://bucket/raws/x.fits.fz", "size and time", 3);
    DatasetRef raw = ref("memory://bucket/raws/x.fits.fz", "sha", 3);
    assertThat(files.path(input)).hasContent("raw");
    files.alias(input, raw);
    int before = MemoryStore.REQUESTS.get();
    assertThat(files.path(raw)).hasContent("raw");
    assertThat(MemoryStore.REQUESTS).hasValue(before);
    assertThat(files.isStore()).isFalse();
  }

  @Test
  void filesAreListedRemovedAndReadAnew() throws IOException {
    DatasetFiles files = DatasetFiles.of(root);
    DatasetRef one = put(files, "i", "one");
    DatasetRef two = put(files, "j", "three");
    List<String> found = new ArrayList<>();
    files.list("data/run", file -> found.add(file.path() + " " + file.bytes()));
    assertThat(found).containsExactly("data/run/bias/i.fits 3", "data/run/bias/j.fits 5");
    files.remove(List.of(one.getPath()));
    assertThat(files.present("data/run").test(one)).isFalse();
    assertThat(files.present("data/run").test(two)).isTrue();
    MemoryStore.FILES.put(STORE + "/" + two.getPath(), "other".getBytes());
    files.reread(two, file -> assertThat(file).hasContent("other"));
    assertThat(files.path(two)).hasContent("three");
    assertThatThrownBy(() -> files.remove(List.of("data/../repo.json")))
        .hasMessageContaining("is not below data/");
  }

  @Test
  void placesThatCarryCredentialsOrAreNoneAreRefused() {
    for (String bad :
        List.of(
            "memory://key:word@bucket/x",
            "memory://bucket/x?token=1",
            "memory://bucket/*/x",
            "memory://bucket/../x",
            "/tmp/x",
            "file:///tmp/x")) {
      assertThatThrownBy(() -> StoreFiles.checked(bad))
          .as(bad)
          .isInstanceOf(BadInputException.class)
          .hasMessageNotContaining("word");
    }
    assertThatThrownBy(() -> StoreFiles.patient().find("other://bucket/x"))
        .hasMessageContaining("no file system for other://");
    assertThat(StoreFiles.checked(STORE + "//")).isEqualTo(STORE);
  }
}
