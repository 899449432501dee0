package org.starbeam.pipelines.report;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.starbeam.pipelines.campaign.RunSummary;
import org.starbeam.pipelines.gates.Gate;
import org.starbeam.pipelines.gates.GateResult;
import org.starbeam.pipelines.observe.RunCosts;
import org.starbeam.schema.QuantumRecord;
import org.starbeam.schema.QuantumStatus;
import org.starbeam.transforms.dataset.RecordCoder;

/**
 * The ledger of a run with visits in bands g and r by turns, ten a night, of two detectors each:
 * visit 7 detector 1 fails in singleFrame, which blocks its finalVisit; visit 9 detector 0 is
 * degraded. Seeing is 0.7 + 0.001 visit, 0.002 more on detector 1; visit 11 detector 1 has 900
 * sources, all others 400 to 404.
 */
final class InventedRun {
  static final String MESSAGE = "raw/7.fits ends <b>early</b>";

  private final int visits;

  InventedRun(int visits) {
    this.visits = visits;
  }

  private static QuantumRecord record(
      String task, String step, int visit, int detector, QuantumStatus status) {
    return QuantumRecord.newBuilder()
        .setRun("run")
        .setQuantumId(task + visit + "-" + detector)
        .setTask(task)
        .setTaskVersion(3)
        .setStep(step)
        .setDataId("instrument=SimCam,visit=%d,detector=%d".formatted(visit, detector))
        .setWindow("all")
        .setAttempt(1)
        .setStatus(status)
        .setCaveats(visit == 9 && detector == 0 ? List.of("FALLBACK") : List.of())
        .setInputHash("")
        .setStartTaiMjd(0)
        .setEndTaiMjd(0)
        .setCpuSeconds(1)
        .setWallSeconds(2)
        .setHost("host")
        .setWorker("worker")
        .setThread("thread")
        .build();
  }

  List<QuantumRecord> quanta() {
    RecordCoder.trustRecords();
    List<QuantumRecord> out = new ArrayList<>();
    for (int visit = 0; visit < visits; visit++) {
      for (int detector = 0; detector < 2; detector++) {
        boolean bad = visit == 7 && detector == 1;
        QuantumRecord first =
            record(
                "singleFrame",
                "step1",
                visit,
                detector,
                bad ? QuantumStatus.FAILED : QuantumStatus.DONE);
        QuantumRecord second =
            record(
                "finalVisit",
                "step2",
                visit,
                detector,
                bad ? QuantumStatus.BLOCKED : QuantumStatus.DONE);
        if (bad) {
          first.setErrorClass("BAD_INPUT");
          first.setErrorCode("TRUNCATED");
          first.setMessage(MESSAGE);
          second.setRootCauses(List.of("singleFrame(" + first.getDataId() + ")"));
        }
        second.setCaveats(List.of());
        out.add(first);
        out.add(second);
      }
    }
    return out;
  }

  /** The registry's views of it. */
  RunDatabase registry() {
    RunDatabase database = new RunDatabase(Map.of());
    String detectors =
        "(select v.visit, d.detector from range(%d) v(visit), range(2) d(detector))"
            .formatted(visits);
    database.createView(
        "visits",
        "select range as visit, 60000 + range / 10 + 0.01 * (range %% 10) as mid_time, 20260100 + range // 10 as day_obs, case range %% 2 when 0 then 'g' else 'r' end as band from range(%d)"
            .formatted(visits));
    database.createView(
        "quanta",
        "select task, step, 'visit=' || visit || ',detector=' || detector as data_id, 3 as task_version, 1 as attempt, 2.0 + visit as wall_seconds, 1.0 as cpu_seconds from %s, (values ('singleFrame', 'step1'), ('finalVisit', 'step2')) t(task, step)"
            .formatted(detectors));
    database.createView(
        "metrics",
        "select 'detector' as level, name, (case name when 'seeing' then 0.7 + 0.001 * visit + 0.002 * detector when 'airmass' then 1 + visit else case when visit = 11 and detector = 1 then 900 else 400 + visit %% 5 end end)::double as value, '' as unit, case name when 'seeing' then null else 800.0::double end as threshold, 'singleFrame' as task, visit, detector, null::bigint as tract, null::bigint as patch, null::varchar as band from %s, (values ('seeing'), ('nSource'), ('airmass')) n(name)"
            .formatted(detectors));
    return database;
  }

  StepPages pages(RunDatabase registry) {
    GateResult gate =
        new GateResult(
            new Gate(
                "step1",
                "seeing",
                "detector.seeing.median",
                Map.of(),
                "arcsec",
                0.4,
                0.73,
                Gate.Severity.WARN,
                1,
                null,
                0,
                0,
                0),
            "detector.seeing.median",
            GateResult.Verdict.PASS,
            0.721,
            null,
            "0.4 to 0.73 arcsec",
            80,
            List.of(),
            "",
            "",
            "");
    RunCosts.Cost none =
        new RunCosts.Cost("", "", 0, 0, 0, 0, 0, null, null, null, null, 0, 0, 0, 0, 0, 0, null);
    RunCosts costs =
        new RunCosts(
            "run",
            "done",
            null,
            1,
            1,
            none,
            List.of(),
            List.of(),
            List.of(),
            new RunCosts.Units(null, null, null, null, null, null),
            null);
    return new StepPages(
        "run", registry, new RunSummary(quanta(), 1), costs, List.of(gate), null, true);
  }

  /** Writes the pages, and one of visits that they lead to. */
  void write(Path directory) throws IOException {
    Files.createDirectories(directory);
    try (RunDatabase registry = registry()) {
      pages(registry).write(directory);
    }
    StringBuilder rows = new StringBuilder();
    for (int visit = 0; visit < visits; visit++) {
      rows.append("<p id=\"%s\">%d</p>".formatted(VisitPage.anchor("" + visit), visit));
    }
    Files.writeString(directory.resolve(VisitPage.PAGE), rows.toString());
    Files.writeString(directory.resolve(ReportWriter.PAGE), "<p>first</p>");
  }
}
