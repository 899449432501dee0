package org.starbeam.pipelines.repository;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.UUID;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.starbeam.pipelines.UserException;
import org.starbeam.pipelines.report.RunDatabase;
import org.starbeam.pipelines.repository.RepositoryCheck.Kind;
import org.starbeam.schema.DatasetRef;
import org.starbeam.transforms.dataset.CalibrationCollection;
import org.starbeam.transforms.dataset.Chains;
import org.starbeam.transforms.dataset.Collection;
import org.starbeam.transforms.dataset.DatasetType.Retention;
import org.starbeam.transforms.dataset.RepositoryPaths;
import org.starbeam.transforms.quantum.LedgerCompaction;
import org.starbeam.transforms.store.LocalData;

/** A small repository is asked, checked, pruned and cleaned. */
class RepositoryTest {
  private static final List<String> PARTS =
      List.of("quanta", "datasets", "superseded", "inputs", "raws", "summaries", "metrics");

  @TempDir Path root;

  private MiniRepository repository;

  @BeforeEach
  void makeRun() throws IOException {
    repository = new MiniRepository(root);
    repository.run("one", 1);
  }

  private static String rows(Registry registry, String part) {
    try (RunDatabase database = new RunDatabase(Map.of())) {
      return String.join(
          "\n",
          database.texts(
              "select t::varchar from read_parquet('" + registry.part(part) + "') t order by 1"));
    }
  }

  private static Map<String, String> content(Registry registry) {
    Map<String, String> out = new HashMap<>();
    PARTS.forEach(part -> out.put(part, rows(registry, part)));
    return out;
  }

  @Test
  void theRegistryMadeFromTheLedgerAloneIsTheSame() throws IOException {
    Map<String, String> live = content(Registry.of(root, "one"));
    assertThat(live.get("datasets").lines()).hasSize(10);
    assertThat(live.get("quanta").lines()).hasSize(10);
    assertThat(live.get("inputs").lines()).hasSize(8);
    LocalData.remove(root.resolve("registry"), root.resolve("registry/datasets"));
    assertThat(content(Registry.of(root, "one"))).isEqualTo(live);
    new LedgerCompaction(RepositoryPaths.ledger(root, "one")).run();
    assertThat(content(Registry.rebuild(root, "one"))).isEqualTo(live);
  }

  @Test
  void theViewsAnswer() {
    try (RunDatabase database = Registry.of(root, "one").open()) {
      assertThat(database.numbers("select count(*) from datasets where type = 'raw'")[0][0])
          .isEqualTo(4);
      assertThat(
              database
                  .numbers("select value from metrics where level = 'visit' and name = 'inputs'")[
                  0])
          .containsExactly(2, 2);
      assertThat(database.texts("select task from costs order by 1"))
          .containsExactly("characterize", "ingest", "summarize");
      for (String view : List.of("raws", "visits", "calibs", "chains", "outputs", "inputs")) {
        database.numbers("select count(*) from " + view);
      }
    }
  }

  private String graph(String dataset, int up, int down, ProvenanceFormat format) {
    try (Provenance provenance = Provenance.open(root, List.of("one"), false, 1000)) {
      return provenance.graph(dataset, up, down, format);
    }
  }

  @Test
  void theRawsOfAProductAndTheProductsOfARawAreFound() {
    assertThat(graph("visit_summary(visit=1)", 99, 0, ProvenanceFormat.TEXT))
        .contains("made by summarize(instrument=SimCam,visit=1)")
        .contains("raws: 2")
        .contains(repository.raw(1, 0).toString())
        .contains(repository.raw(1, 1).toString())
        .doesNotContain(repository.raw(2, 0).toString());
    assertThat(graph("raw(exposure=2,detector=1)", 0, 99, ProvenanceFormat.TEXT))
        .containsPattern("initial_summary_detector +1 datasets")
        .containsPattern("visit_summary +1 datasets");
    assertThat(graph(repository.raw(2, 1).toString(), 0, 1, ProvenanceFormat.TEXT))
        .contains("characterize 1")
        .doesNotContain("summarize 1");
  }

  @Test
  void aDatasetThatIsNotOneIsRefusedWithWhatThereIs() {
    assertThatThrownBy(() -> graph("visit_summary(visit=9)", 1, 0, ProvenanceFormat.TEXT))
        .isInstanceOf(UserException.class)
        .hasMessageContaining("no dataset visit_summary(visit=9)");
    assertThatThrownBy(
            () -> graph("initial_summary_detector(visit=1)", 1, 0, ProvenanceFormat.TEXT))
        .hasMessageContaining("which of these 2?");
    assertThatThrownBy(() -> graph("visit_sumary(visit=1)", 1, 0, ProvenanceFormat.TEXT))
        .hasMessageContaining("did you mean 'visit_summary'");
  }

  @Test
  void theExportsAreWellFormed() throws IOException {
    ObjectMapper json = new ObjectMapper();
    JsonNode nodes = json.readTree(graph("visit_summary(visit=1)", 99, 0, ProvenanceFormat.JSON));
    assertThat(nodes.path("quanta")).hasSize(5);
    assertThat(nodes.path("datasets")).hasSize(5);

    JsonNode prov = json.readTree(graph("visit_summary(visit=1)", 99, 0, ProvenanceFormat.PROV));
    Set<String> entities = new TreeSet<>();
    prov.path("entity").fieldNames().forEachRemaining(entities::add);
    Set<String> activities = new TreeSet<>();
    prov.path("activity").fieldNames().forEachRemaining(activities::add);
    assertThat(entities).hasSize(5);
    assertThat(activities).hasSize(5);
    prov.path("used")
        .forEach(
            u -> {
              assertThat(entities).contains(u.path("prov:entity").asText());
              assertThat(activities).contains(u.path("prov:activity").asText());
            });
    assertThat(prov.path("wasGeneratedBy")).hasSize(5);
    prov.path("wasAssociatedWith")
        .forEach(a -> assertThat(prov.path("agent").has(a.path("prov:agent").asText())).isTrue());

    String events = graph("visit_summary(visit=1)", 99, 0, ProvenanceFormat.OPENLINEAGE);
    assertThat(events.lines()).hasSize(3);
    for (String line : events.lines().toList()) {
      JsonNode event = json.readTree(line);
      assertThat(event.path("schemaURL").asText()).contains("2-0-2");
      assertThat(event.path("eventType").asText()).isEqualTo("COMPLETE");
      UUID.fromString(event.path("run").path("runId").asText());
      assertThat(event.path("job").path("namespace").asText()).isNotEmpty();
      event
          .path("run")
          .path("facets")
          .forEach(f -> assertThat(f.has("_producer") && f.has("_schemaURL")).isTrue());
    }
    assertThat(graph("visit_summary(visit=1)", 99, 0, ProvenanceFormat.DOT))
        .startsWith("digraph")
        .endsWith("}\n");
    assertThat(graph("visit_summary(visit=1)", 99, 0, ProvenanceFormat.MERMAID))
        .startsWith("flowchart LR");
  }

  @Test
  void theSettingThatMakesTwoRunsDifferIsNamed() throws IOException {
    repository.run("two", 2);
    try (Provenance provenance = Provenance.open(root, List.of("two"), false, 1000)) {
      assertThat(provenance.difference("visit_summary(visit=1)", "one", false))
          .contains("config characterize.setting")
          .contains("two: 2")
          .contains("one: 1")
          .contains("3 quanta on the way up differ");
    }
    repository.run("three", 1);
    try (Provenance provenance = Provenance.open(root, List.of("three"), false, 1000)) {
      assertThat(provenance.difference("visit_summary(visit=1)", "one", false))
          .contains("identical");
    }
    Files.writeString(repository.raw(1, 1), "another frame");
    repository.run("four", 1);
    try (Provenance provenance = Provenance.open(root, List.of("four"), false, 1000)) {
      assertThat(provenance.difference("visit_summary(visit=1)", "one", false))
          .contains("ingest(instrument=SimCam,exposure=1,detector=1)")
          .doesNotContain("exposure=1,detector=0");
    }
  }

  @Test
  void missingCorruptAndOrphanedFilesAreListed() throws IOException {
    RepositoryCheck.Result sound = new RepositoryCheck(root, 1).run(List.of("one"));
    assertThat(sound.findings()).isEmpty();
    assertThat(sound.datasets()).isEqualTo(10);
    assertThat(sound.hashed()).isEqualTo(10);

    List<DatasetRef> summaries =
        new Pruning(root, "one").find(Set.of(Retention.INTERMEDIATE), Set.of());
    Files.delete(root.resolve(summaries.get(0).getPath()));
    Path corrupt = root.resolve(summaries.get(1).getPath());
    byte[] bytes = Files.readAllBytes(corrupt);
    bytes[bytes.length / 2] ^= 1;
    Files.delete(corrupt);
    Files.write(corrupt, bytes);
    Files.writeString(root.resolve("data/one/orphan.json"), "{}");

    RepositoryCheck.Result result = new RepositoryCheck(root, 1).run(List.of("one"));
    assertThat(result.findings())
        .extracting(RepositoryCheck.Finding::kind)
        .containsExactlyInAnyOrder(Kind.MISSING, Kind.CORRUPT, Kind.ORPHAN);
    assertThat(result.isSound()).isFalse();
    assertThat(new RepositoryCheck(root, 0).run(List.of("one")).count(Kind.CORRUPT)).isZero();
  }

  @Test
  void intermediatesGoAndLeaveTombstones() throws IOException {
    Pruning pruning = new Pruning(root, "one");
    List<DatasetRef> found = pruning.find(Set.of(Retention.INTERMEDIATE), Set.of());
    assertThat(found).hasSize(4).allMatch(r -> r.getDatasetType().startsWith("initial_summary"));
    pruning.delete(found, "test");
    assertThat(found).noneMatch(r -> Files.exists(root.resolve(r.getPath())));
    assertThat(root.resolve("data/one/initial_summary_detector")).doesNotExist();
    RepositoryCheck.Result result = new RepositoryCheck(root, 1).run(List.of("one"));
    assertThat(result.isSound()).isTrue();
    assertThat(result.pruned()).isEqualTo(4);
    repository.run("one", 1);
    assertThat(pruning.find(Set.of(Retention.INTERMEDIATE), Set.of())).isEmpty();
  }

  @Test
  void productsOfARunInAChainStay() throws IOException {
    Pruning pruning = new Pruning(root, "one");
    assertThat(pruning.find(Set.of(Retention.PRODUCT), Set.of())).hasSize(2);
    new Chains(root).prepend("mini/last", List.of(Collection.run("one")));
    new Chains(root).set("outer", List.of(Collection.chain("mini/last")));
    assertThatThrownBy(() -> pruning.find(Set.of(Retention.PRODUCT), Set.of()))
        .isInstanceOf(UserException.class)
        .hasMessageContaining("chain:mini/last has it");
    assertThatThrownBy(() -> pruning.find(Set.of(Retention.RAW), Set.of()))
        .hasMessageContaining("never pruned");
    assertThat(pruning.find(Set.of(Retention.INTERMEDIATE), Set.of())).hasSize(4);
  }

  @Test
  void productsThatARescuedRunAdoptedStay() throws IOException {
    repository.run("two", 1, "one");
    repository.run("apart", 2, "one");
    Pruning pruning = new Pruning(root, "one");
    List<DatasetRef> products = pruning.find(Set.of(Retention.PRODUCT), Set.of());
    assertThat(products).hasSize(2);
    assertThatThrownBy(() -> pruning.requireUnshared(products))
        .isInstanceOf(UserException.class)
        .hasMessageContaining("run:two (2)")
        .hasMessageNotContaining("apart");
    assertThatCode(
            () -> pruning.requireUnshared(pruning.find(Set.of(Retention.INTERMEDIATE), Set.of())))
        .as("intermediates are made again")
        .doesNotThrowAnyException();
    Pruning other = new Pruning(root, "apart");
    List<DatasetRef> own = other.find(Set.of(Retention.PRODUCT), Set.of());
    assertThat(own).hasSize(2);
    assertThatCode(() -> other.requireUnshared(own)).doesNotThrowAnyException();
  }

  @Test
  void certifiedCalibrationsStay() throws IOException {
    Pruning pruning = new Pruning(root, "one");
    List<DatasetRef> products = pruning.find(Set.of(Retention.PRODUCT), Set.of());
    new CalibrationCollection(root, "lab")
        .certify(
            List.of(
                new CalibrationCollection.Entry(
                    products.get(0), 60000, CalibrationCollection.OPEN_END)));
    assertThatThrownBy(() -> pruning.requireUnshared(products))
        .hasMessageContaining("calibs:lab (1)");
  }

  @Test
  void onlyOldOrphansAndStagingFilesAreCollected() throws IOException {
    Path old = Files.writeString(root.resolve("data/one/old.json"), "{}");
    Path staging = Files.createDirectories(root.resolve("data/one/x/.a.json.123.tmp"));
    Files.writeString(staging.resolve("part"), "x");
    Path young = Files.writeString(root.resolve("data/one/young.json"), "{}");
    long now = System.currentTimeMillis();
    Files.setLastModifiedTime(old, FileTime.fromMillis(now - Duration.ofHours(25).toMillis()));
    Files.setLastModifiedTime(staging, FileTime.fromMillis(now - Duration.ofHours(25).toMillis()));
    GarbageCollection collection = new GarbageCollection(root, Duration.ofHours(24));
    List<GarbageCollection.Item> items = collection.find(now);
    assertThat(items)
        .extracting(GarbageCollection.Item::path)
        .containsExactly("data/one/old.json", "data/one/x/.a.json.123.tmp");
    collection.delete(items);
    assertThat(old).doesNotExist();
    assertThat(staging.getParent()).doesNotExist();
    assertThat(young).exists();
    assertThat(new RepositoryCheck(root, 1).run(List.of("one")).isSound()).isTrue();
  }
}
