package org.starbeam.pipelines.campaign;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.starbeam.pipelines.UserException;
import org.starbeam.transforms.dataset.DataId;
import org.starbeam.transforms.quantum.Slice;

/** Which stages and shards a launch computes, and what it reads of earlier ones. */
class TaskGraphTest {
  private static final List<String> ALL = Template.ALL_STEPS;

  @Test
  void aStepReadsTheStagesBeforeItAndNothingElse() {
    Slice slice = TaskGraph.slice(List.of("step3"), ALL, "");
    assertThat(slice.recorded()).containsExactlyInAnyOrder("finalVisit", "starMotion");
    assertThat(slice.of("cellCoadd")).isEqualTo(Slice.Treatment.COMPUTED);
    assertThat(slice.of("singleFrame")).isEqualTo(Slice.Treatment.LEFT_OUT);
    assertThat(slice.of("diffim")).isEqualTo(Slice.Treatment.LEFT_OUT);
  }

  @Test
  void rangesBeginAndEndAtStepsOrTasks() {
    assertThat(TaskGraph.chosen(List.of("step3:detectObjects..step4")))
        .containsExactly("detectObjects", "measureObjects", "objectTable", "diffim");
    assertThat(TaskGraph.chosen(List.of("..ingest"))).contains("ingest").doesNotContain("certify");
    assertThat(TaskGraph.chosen(List.of("step7..", "step1")))
        .containsExactly(
            "singleFrame",
            "metrics",
            "tractMetrics",
            "runMetrics",
            "hipsBlock",
            "hipsStretch",
            "hipsRaster",
            "hipsMerge5",
            "hipsMerge2",
            "hipsMerge0",
            "hips");
    assertThat(TaskGraph.chosen(ALL)).hasSize(TaskGraph.all().size());
  }

  @Test
  void everyStageReadsOnlyStagesBeforeIt() {
    List<String> names = TaskGraph.all().stream().map(TaskGraph.Stage::name).toList();
    for (TaskGraph.Stage stage : TaskGraph.all()) {
      assertThat(names.subList(0, names.indexOf(stage.name()))).containsAll(stage.inputs());
    }
  }

  @Test
  void theStepsOfATemplateBoundTheSlice() {
    List<String> noCalibs = ALL.stream().filter(s -> !s.equals("calibs")).toList();
    Slice slice = TaskGraph.slice(List.of("step1"), noCalibs, "");
    assertThat(slice.of("certify")).isEqualTo(Slice.Treatment.LEFT_OUT);
    assertThat(slice.recorded()).contains("ingest", "shardRefcat");
  }

  @Test
  void anUnknownStepOrTaskIsNamedWithWhatWasMeant() {
    assertThatThrownBy(() -> TaskGraph.chosen(List.of("stpe3")))
        .isInstanceOf(UserException.class)
        .hasMessageContaining("--steps stpe3")
        .hasMessageContaining("did you mean 'step3'");
    assertThatThrownBy(() -> TaskGraph.chosen(List.of("step3:detectObject..")))
        .hasMessageContaining("did you mean 'detectObjects'");
  }

  @Test
  void tasksAreNamedAsTheLedgerHasThem() {
    TaskGraph.requireTasks("--retry-task", List.of("combineFrames", "nightTables", "diffim"));
    assertThatThrownBy(() -> TaskGraph.requireTasks("--retry-task", List.of("combineBias")))
        .isInstanceOf(UserException.class)
        .hasMessageContaining(
            "--retry-task combineBias: not known; its task is called 'combineFra");
    assertThatThrownBy(() -> TaskGraph.requireTasks("--retry-task", List.of("difim")))
        .hasMessageContaining("did you mean 'diffim'");
    assertThat(TaskGraph.tasks()).doesNotHaveDuplicates().doesNotContain("combineDark");
  }

  @Test
  void tasksAreChosenByTheirNamesAlone() {
    List<String> choice = TaskGraph.choiceOf(List.of("finalVisit", "runMetrics", "finalVisit"));
    assertThat(TaskGraph.chosen(choice)).containsExactly("finalVisit", "runMetrics");
    Slice slice = TaskGraph.slice(choice, ALL, "");
    assertThat(slice.recorded()).contains("singleFrame", "metrics").doesNotContain("finalVisit");
    assertThatThrownBy(() -> TaskGraph.choiceOf(List.of("finalVisits")))
        .isInstanceOf(UserException.class)
        .hasMessageContaining("did you mean 'finalVisit'");
  }

  @Test
  void aShardMayNotCutWhatIsGathered() {
    assertThat(TaskGraph.slice(List.of("step3..step3:measureObjects"), ALL, "").shard().count())
        .isEqualTo(1);
    assertThatThrownBy(() -> TaskGraph.slice(List.of("step2"), ALL, "visit:0/2"))
        .hasMessageContaining("task isolatedStars gathers over visits");
    assertThatThrownBy(() -> TaskGraph.slice(List.of("step3"), ALL, "tract:0/2"))
        .hasMessageContaining("task objectTable gathers over tracts");
    assertThatThrownBy(() -> TaskGraph.slice(List.of("step4"), ALL, "tract:0/2"))
        .hasMessageContaining("task diffim");
    Slice tracts = TaskGraph.slice(List.of("step3..step3:measureObjects"), ALL, "tract:1/2");
    assertThat(tracts.recorded()).isEqualTo(Set.of("finalVisit"));
    List<String> visits = List.of("step4", "step5:forcedOnObjects");
    assertThat(TaskGraph.slice(visits, ALL, "visit:1/3").recorded())
        .containsExactlyInAnyOrder("finalVisit", "templateCoadd", "objectTable");
    assertThatThrownBy(() -> TaskGraph.slice(List.of("step5"), ALL, "visit:1/3"))
        .hasMessageContaining("task associateDia gathers over visits");
  }

  @Test
  void shardsPartTheKeysEvenly() {
    int[] held = new int[3];
    for (int visit = 0; visit < 3000; visit++) {
      for (int k = 0; k < 3; k++) {
        if (new Slice.Shard("visit", k, 3).holds(DataId.of("instrument", "C", "visit", visit))) {
          held[k]++;
        }
      }
    }
    assertThat(held[0] + held[1] + held[2]).isEqualTo(3000);
    for (int n : held) {
      assertThat(n).isBetween(900, 1100);
    }
  }

  @Test
  void aShardIsWrittenDimensionIndexCount() {
    assertThatThrownBy(() -> TaskGraph.slice(List.of("step1"), ALL, "visit:3/3"))
        .hasMessageContaining("expected 0 to 2");
    assertThatThrownBy(() -> TaskGraph.slice(List.of("step1"), ALL, "vsit:0/3"))
        .hasMessageContaining("did you mean 'visit'");
    assertThatThrownBy(() -> TaskGraph.slice(List.of("step1"), ALL, "visit"))
        .hasMessageContaining("DIMENSION:INDEX/COUNT");
  }
}
