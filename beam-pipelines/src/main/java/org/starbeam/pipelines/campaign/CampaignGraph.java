package org.starbeam.pipelines.campaign;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import org.apache.beam.sdk.Pipeline;
import org.apache.beam.sdk.options.PipelineOptions;
import org.apache.beam.sdk.options.PipelineOptionsFactory;
import org.apache.beam.sdk.runners.TransformHierarchy;
import org.apache.beam.sdk.testing.CrashingRunner;
import org.apache.beam.sdk.transforms.PTransform;
import org.apache.beam.sdk.transforms.display.DisplayData;
import org.apache.beam.sdk.values.PCollection;
import org.apache.beam.sdk.values.PCollectionView;
import org.starbeam.failure.BadInputException;
import org.starbeam.pipelines.ExitCode;
import org.starbeam.pipelines.UserException;
import org.starbeam.schema.QuantumResult;
import org.starbeam.transforms.calibs.Calibs;
import org.starbeam.transforms.calibs.CertifiedCalibs;
import org.starbeam.transforms.dataset.CalibrationCollection;
import org.starbeam.transforms.dataset.InputFolder;
import org.starbeam.transforms.ingest.Ingest;
import org.starbeam.transforms.ingest.IngestRefcat;
import org.starbeam.transforms.ingest.RawInputs;
import org.starbeam.transforms.quantum.CampaignContext;
import org.starbeam.transforms.quantum.CampaignServices;
import org.starbeam.transforms.quantum.QuantumSources;
import org.starbeam.transforms.quantum.SideResults;
import org.starbeam.transforms.quantum.Slice;
import org.starbeam.transforms.step1.Step1;
import org.starbeam.transforms.step2.Step2Final;
import org.starbeam.transforms.step2.Step2Night;
import org.starbeam.transforms.step2.Step2Solve;
import org.starbeam.transforms.step3.Step3Coadds;
import org.starbeam.transforms.step3.Step3Objects;
import org.starbeam.transforms.step4.Step4;
import org.starbeam.transforms.step5.Step5;
import org.starbeam.transforms.step6.Step6;
import org.starbeam.transforms.step7.Step7;
import org.starbeam.transforms.store.StoreOptions;
import org.starbeam.transforms.window.CampaignWindows;

/**
 * Assembles the graph of a campaign from the steps' transforms; it computes nothing itself.
 * Exposures flow in windows of nights up to the visit, then in the window of the campaign. The
 * whole graph is always built; which of its stages are computed is for the campaign's slice to say.
 */
final class CampaignGraph {
  private final Pipeline pipeline;
  private final CampaignSettings settings;
  private final CampaignContext campaign;

  private CampaignGraph(Pipeline pipeline, CampaignSettings settings, CampaignContext campaign) {
    this.pipeline = pipeline;
    this.settings = settings;
    this.campaign = campaign;
  }

  /**
   * Adds the campaign's transforms to an empty pipeline.
   *
   * @throws UserException when the configuration of a task or the input directory is at fault
   */
  static void build(Pipeline pipeline, CampaignSettings settings, CampaignContext campaign) {
    try {
      new CampaignGraph(pipeline, settings, campaign).expand();
    } catch (BadInputException e) {
      boolean configuration = e.code().startsWith("CONFIG_");
      throw new UserException(
          configuration ? ExitCode.USAGE : ExitCode.INPUTS, e.code() + ": " + e.getMessage());
    } catch (IOException | UncheckedIOException e) {
      throw new UserException(
          ExitCode.INPUTS, "cannot read the input directory " + settings.input() + ": " + e);
    }
  }

  /** The whole graph of a campaign, built and not run. */
  private static Pipeline trial(CampaignSettings settings, CampaignContext campaign) {
    PipelineOptions options =
        PipelineOptionsFactory.fromArgs(StoreOptions.arguments(List.of())).create();
    options.setRunner(CrashingRunner.class);
    Pipeline pipeline = Pipeline.create(options);
    build(pipeline, settings, campaign.computing(Slice.WHOLE));
    return pipeline;
  }

  /**
   * A task of the graph.
   *
   * @param version of its code
   * @param configJson its configuration in canonical form
   */
  record GraphTask(long version, String configJson) {}

  /**
   * The tasks of the graph of a campaign by the stages that run them, in name order. The whole
   * graph is built for it, whatever stages are wanted, so that its faults are found.
   *
   * @throws UserException when the configuration of a task or the input directory is at fault
   */
  static SortedMap<String, GraphTask> tasks(CampaignSettings settings, CampaignContext campaign) {
    SortedMap<String, GraphTask> out = new TreeMap<>();
    trial(settings, campaign)
        .traverseTopologically(
            new Pipeline.PipelineVisitor.Defaults() {
              @Override
              public CompositeBehavior enterCompositeTransform(TransformHierarchy.Node node) {
                PTransform<?, ?> transform = node.getTransform();
                Map<String, Object> shown = new HashMap<>();
                if (transform != null) {
                  DisplayData.from(transform)
                      .asMap()
                      .forEach((id, item) -> shown.put(id.getKey(), item.getValue()));
                }
                if (shown.get("taskVersion") instanceof Long version) {
                  String config = String.valueOf(shown.get("taskConfig"));
                  out.put(node.getFullName(), new GraphTask(version, config));
                }
                return CompositeBehavior.ENTER_TRANSFORM;
              }
            });
    return out;
  }

  private void expand() throws IOException {
    InputFolder input = settings.input();
    requireKnownBands(input);
    PCollection<QuantumResult> camera = Ingest.camera(pipeline, input, campaign);
    PCollection<QuantumResult> references =
        IngestRefcat.of(
            campaign, QuantumSources.of(pipeline, "refcatFiles", referenceFiles(input)));
    PCollection<QuantumResult> mapping = Ingest.mapping(pipeline, settings.mapping(), campaign);
    PCollection<QuantumResult> ingested =
        Ingest.through(
            Ingest.exposures(frames(input), camera, mapping, rollover(), campaign),
            settings.through());
    List<PCollection<QuantumResult>> shared = new ArrayList<>(List.of(camera, mapping, references));
    PCollection<QuantumResult> certified = certified();
    boolean readsCertified = !settings.campaign().steps().contains("calibs");
    if (readsCertified) {
      shared.add(certified);
    }
    if (settings.ownSteps().contains("calibs")) {
      shared.add(Calibs.certifications(campaign, ingested, camera, certified));
    }
    PCollectionView<Iterable<QuantumResult>> side = SideResults.of("shared", shared);
    CampaignWindows.Interval release = settings.campaign().windows().release();
    PCollection<QuantumResult> exposures =
        Step1.selected(
            campaign, release == null ? ingested : Step1.ofRelease(campaign, ingested, release));
    PCollection<QuantumResult> frames = Step1.singleFrame(campaign, exposures, rollover(), side);
    if (isNightly()) {
      night(exposures, frames, side);
    } else {
      Step2Solve.Solved solved =
          settings.campaign().solvesVisits()
              ? Step2Solve.of(campaign, frames, solveWindows(), side)
              : unsolved(frames, side);
      afterSolution(exposures, frames, solved, side);
    }
  }

  private PCollection<QuantumResult> frames(InputFolder input) throws IOException {
    if (!settings.watched()) {
      return RawInputs.read(pipeline, input);
    }
    CampaignContext own = campaign;
    Path directory = input.directory();
    if (directory == null) {
      throw new UserException(
          ExitCode.USAGE,
          "an object store cannot be watched: " + input,
          "the same command with --set watch=false, or a directory that is filled from the store");
    }
    return Ingest.arrivals(
        pipeline,
        directory,
        settings.mapping(),
        rollover(),
        () -> CampaignServices.stopped(own) != null,
        campaign);
  }

  /** The calibrations of the campaign's collection, but for those that it makes itself. */
  private PCollection<QuantumResult> certified() throws IOException {
    CalibrationCollection collection = settings.calibrations();
    List<QuantumResult> results =
        collection == null
            ? List.of()
            : CertifiedCalibs.results(collection, settings.own().masters());
    return QuantumSources.of(pipeline, "certified", results);
  }

  /** Nights are not solved together: visits go through on their own. */
  private boolean isNightly() {
    return settings.campaign().windows().kind() == CampaignWindows.Kind.NIGHT;
  }

  private double rollover() {
    return campaign.arrivals().rolloverHours();
  }

  private void night(
      PCollection<QuantumResult> exposures,
      PCollection<QuantumResult> frames,
      PCollectionView<Iterable<QuantumResult>> side) {
    int detectors = settings.detectors();
    PCollection<QuantumResult> solutions = Step2Night.solutions(campaign, frames, detectors, side);
    PCollection<QuantumResult> visits =
        Step2Final.finalVisit(
            campaign,
            exposures,
            frames,
            solutions,
            CampaignWindows.nights(rollover()),
            detectors,
            side);
    PCollection<QuantumResult> tables = Step2Final.visitTables(campaign, visits, detectors);
    PCollection<QuantumResult> differences = Step4.againstAccepted(campaign, visits);
    Step6.nightTables(campaign, List.of(visits, tables, differences));
    Step7.nightMetrics(campaign, visits, detectors, side);
  }

  /** Each visit for itself, against accepted runs; motions need what is solved together. */
  private Step2Solve.Solved unsolved(
      PCollection<QuantumResult> frames, PCollectionView<Iterable<QuantumResult>> side) {
    return new Step2Solve.Solved(
        Step2Night.solutions(campaign, frames, settings.detectors(), side),
        QuantumSources.of(pipeline, "noStars", List.of()));
  }

  /** What is solved together: a month where a campaign grows by months, else everything. */
  private CampaignWindows solveWindows() {
    return settings.campaign().windows().kind() == CampaignWindows.Kind.MONTH
        ? CampaignWindows.months(rollover())
        : CampaignWindows.global();
  }

  private void afterSolution(
      PCollection<QuantumResult> exposures,
      PCollection<QuantumResult> frames,
      Step2Solve.Solved solved,
      PCollectionView<Iterable<QuantumResult>> side) {
    PCollection<QuantumResult> visits =
        Step2Final.finalVisit(
            campaign, exposures, frames, solved.visits(), CampaignWindows.global(), 1, side);
    PCollection<QuantumResult> visitTables = Step2Final.visitTables(campaign, visits, 1);
    Step3Coadds.Coadds coadds = Step3Coadds.coadds(campaign, visits);
    PCollection<QuantumResult> objects =
        Step3Objects.objects(campaign, coadds.deep(), solved.stars());
    PCollection<QuantumResult> differences =
        Step4.differences(campaign, visits, coadds.templates());
    PCollection<QuantumResult> associations = Step5.associations(campaign, visits, differences);
    PCollection<QuantumResult> forced = Step5.forcedSources(campaign, visits, differences, objects);
    PCollection<QuantumResult> forcedOnDia =
        Step5.forcedOnDiaObjects(campaign, visits, differences, associations);
    PCollection<QuantumResult> diaObjects =
        Step5.diaObjects(campaign, visits, associations, forcedOnDia, objects);
    Step6.releaseTables(
        campaign,
        List.of(
            solved.stars(),
            visits,
            visitTables,
            objects,
            associations,
            diaObjects,
            forced,
            forcedOnDia));
    Step7.metrics(campaign, visits, visitTables, objects, side);
    Step7.hips(campaign, coadds.deep());
  }

  /** A camera file that cannot be read is left to the quantum that takes it in. */
  private void requireKnownBands(InputFolder input) {
    Set<String> known = VisitSelection.bands(input);
    if (known.isEmpty()) {
      return;
    }
    for (String band : settings.bands()) {
      if (!known.contains(band)) {
        throw new UserException(
            ExitCode.USAGE,
            "bands: '"
                + band
                + "' is no band of a filter of "
                + input
                + "/"
                + Ingest.CAMERA_FILE
                + "; it has "
                + String.join(", ", new TreeSet<>(known)));
      }
    }
  }

  private static List<QuantumResult> referenceFiles(InputFolder input) throws IOException {
    return IngestRefcat.files(input).stream().map(QuantumSources::inputFile).toList();
  }
}
