package org.starbeam.transforms.step2;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.apache.beam.sdk.values.PCollection;
import org.apache.beam.sdk.values.PCollectionView;
import org.starbeam.schema.DatasetRef;
import org.starbeam.schema.ExposureSummary;
import org.starbeam.schema.IsolatedStar;
import org.starbeam.schema.QuantumInput;
import org.starbeam.schema.QuantumResult;
import org.starbeam.sky.Healpix;
import org.starbeam.transforms.dataset.DataId;
import org.starbeam.transforms.dataset.DatasetTypes;
import org.starbeam.transforms.ingest.RefStars;
import org.starbeam.transforms.quantum.CampaignContext;
import org.starbeam.transforms.quantum.Quantum;
import org.starbeam.transforms.quantum.QuantumContext;
import org.starbeam.transforms.quantum.QuantumResults;
import org.starbeam.transforms.quantum.QuantumStage;
import org.starbeam.transforms.quantum.Router;
import org.starbeam.transforms.window.CampaignWindows;

/**
 * step2, first half: from the first characterizations of all detectors to the calibration of every
 * visit. The visit gather works in the windows of its input; from the isolated stars on the solves
 * work in the campaign's windows: one, in which a star is seen in all its nights, or months, whose
 * solutions stay as they are when later months come in.
 */
public final class Step2Solve {
  private static final Healpix PIXELS = new Healpix(IsolatedStarsTask.ORDER);

  private Step2Solve() {}

  /**
   * What is known when all visits have been solved.
   *
   * @param visits results of astrometricSolve, by visit
   * @param stars results of starMotion, by pixel of order 9
   */
  public record Solved(PCollection<QuantumResult> visits, PCollection<QuantumResult> stars) {}

  /**
   * @param singleFrame results of singleFrame, with their summaries
   * @param windows what is solved together: global, or months. The data id of a block of isolated
   *     stars of a month has its window as name
   * @param refcat view of the results of IngestRefcat (other results in it are ignored)
   */
  public static Solved of(
      CampaignContext campaign,
      PCollection<QuantumResult> singleFrame,
      CampaignWindows windows,
      PCollectionView<Iterable<QuantumResult>> refcat) {
    PCollection<QuantumResult> summaries =
        QuantumStage.named(VisitSummaryTask.NAME)
            .in(campaign)
            .route(singleFrame, visit(VisitSummaryTask.DETECTOR))
            .side(refcat)
            .assemble(Step2Solve::withReferencesOfVisit)
            .run(
                new VisitSummaryTask(
                    campaign.config(VisitSummaryTask.NAME, VisitSummaryTask.Config.defaults())));
    PCollection<QuantumResult> blocks =
        QuantumStage.named(IsolatedStarsTask.NAME)
            .in(campaign)
            .route(singleFrame, toPixels(windows))
            .window(windows)
            .side(refcat)
            .assemble(Step2Solve::withReferencesOfPixel)
            .run(
                new IsolatedStarsTask(
                    campaign.config(IsolatedStarsTask.NAME, IsolatedStarsTask.Config.defaults())));
    PCollection<QuantumResult> zeroPoints =
        QuantumStage.named(PhotometricSolveTask.NAME)
            .in(campaign)
            .route(summaries, toBand(windows))
            .route(blocks, Step2Solve::toBands)
            .window(windows)
            .assemble(Step2Solve::withVisits)
            .run(
                new PhotometricSolveTask(
                    campaign.config(
                        PhotometricSolveTask.NAME, PhotometricSolveTask.Config.defaults())));
    PCollection<QuantumResult> solutions =
        QuantumStage.named(AstrometricSolveTask.NAME)
            .in(campaign)
            .route(summaries, visit(AstrometricSolveTask.SUMMARY))
            .route(singleFrame, visit(AstrometricSolveTask.DETECTOR))
            .route(blocks, Step2Solve::toVisits)
            .route(zeroPoints, Step2Solve::bandToVisits)
            .window(windows)
            .side(refcat)
            .assemble(Step2Solve::withReferencesOfVisit)
            .run(
                new AstrometricSolveTask(
                    campaign.config(
                        AstrometricSolveTask.NAME, AstrometricSolveTask.Config.defaults())));
    return new Solved(solutions, stars(campaign, blocks, solutions, refcat));
  }

  /** The motions of the stars of a pixel, over the whole campaign whatever was solved together. */
  private static PCollection<QuantumResult> stars(
      CampaignContext campaign,
      PCollection<QuantumResult> blocks,
      PCollection<QuantumResult> solutions,
      PCollectionView<Iterable<QuantumResult>> refcat) {
    return QuantumStage.named(StarMotionTask.NAME)
        .in(campaign)
        .route(
            blocks,
            (result, reader, out) ->
                out.send(
                    DataId.parse(result.getDataId()).only("instrument", "healpix9"),
                    StarMotionTask.BLOCK,
                    result))
        .route(solutions, Step2Solve::toPixels)
        .window(CampaignWindows.global())
        .side(refcat)
        .assemble(Step2Solve::withStars)
        .run(
            new StarMotionTask(
                campaign.config(StarMotionTask.NAME, StarMotionTask.Config.defaults())));
  }

  /** A solution goes to the pixels under the detectors of its visit. */
  private static void toPixels(
      QuantumResult result, QuantumContext.DatasetReader reader, Router.Output out)
      throws java.io.IOException {
    String instrument = DataId.parse(result.getDataId()).get("instrument");
    Set<Long> under = new TreeSet<>();
    for (DatasetRef ref : result.getOutputs()) {
      if (ref.getDatasetType().equals(DatasetTypes.VISIT_SOLUTION.name())) {
        for (var detector : reader.json(ref, VisitSolution.class).detectors()) {
          for (long pixel : detector.pixels()) {
            under.add(pixel);
          }
        }
      }
    }
    for (long pixel : under) {
      out.send(
          DataId.of("instrument", instrument, "healpix9", pixel), StarMotionTask.SOLUTION, result);
    }
  }

  /** Pixels without isolated stars have no quantum. */
  private static List<Quantum> withStars(
      DataId key, List<QuantumInput> inputs, List<QuantumResult> side) {
    boolean any = inputs.stream().anyMatch(i -> i.getRole().equals(StarMotionTask.BLOCK));
    return any ? withReferencesOfPixel(key, inputs, side) : List.of();
  }

  static Router visit(String role) {
    return (result, reader, out) ->
        out.sendWithPayload(
            DataId.parse(result.getDataId()).only("instrument", "visit"), role, result);
  }

  /** Pixels of isolated stars that an outline overlaps or nearly touches. */
  public static long[] pixels(List<Double> raDeg, List<Double> decDeg) {
    RefStars.Cone cone =
        RefStars.Cone.around(raDeg, decDeg, 1.5 * IsolatedStarsTask.MARGIN_ARCSEC / 3600);
    return PIXELS.cone(cone.center().raDeg(), cone.center().decDeg(), cone.radiusDeg()).stream()
        .mapToLong(Long::longValue)
        .toArray();
  }

  /** A detector goes to every pixel that it overlaps or nearly touches. */
  private static Router toPixels(CampaignWindows windows) {
    return (result, reader, out) -> {
      if (result.getPayload() instanceof ExposureSummary summary) {
        for (long pixel : pixels(summary.getRaCorners(), summary.getDecCorners())) {
          out.sendWithPayload(block(result, pixel, windows), IsolatedStarsTask.STARS, result);
        }
      }
    };
  }

  /** Data id of the block of a pixel that a result goes to. */
  static DataId block(QuantumResult result, long pixel, CampaignWindows windows) {
    DataId id =
        DataId.of(
            "instrument", DataId.parse(result.getDataId()).get("instrument"), "healpix9", pixel);
    return inWindow(id, result, windows);
  }

  /** The data id of what is solved in the window of a result. */
  private static DataId inWindow(DataId id, QuantumResult result, CampaignWindows windows) {
    return windows.kind() == CampaignWindows.Kind.GLOBAL
        ? id
        : id.with("name", windows.windowsAt(result.getEventTimeMs()).get(0).name());
  }

  /** A visit goes to its band. */
  private static Router toBand(CampaignWindows windows) {
    return (result, reader, out) -> {
      for (DatasetRef ref : result.getOutputs()) {
        if (ref.getDatasetType().equals(DatasetTypes.INITIAL_VISIT_SUMMARY.name())) {
          DataId band =
              DataId.of(
                  "instrument",
                  DataId.parse(result.getDataId()).get("instrument"),
                  "band",
                  reader.json(ref, VisitPhotometry.class).band());
          out.send(inWindow(band, result, windows), PhotometricSolveTask.SUMMARY, result);
        }
      }
    };
  }

  /** A block goes to the bands in which its stars were seen, in the month that it is of. */
  private static void toBands(
      QuantumResult result, QuantumContext.DatasetReader reader, Router.Output out)
      throws java.io.IOException {
    DataId block = DataId.parse(result.getDataId());
    Set<String> bands = new TreeSet<>();
    for (DatasetRef ref : result.getOutputs()) {
      if (ref.getDatasetType().equals(DatasetTypes.ISOLATED_STAR_BLOCK.name())) {
        for (IsolatedStar star : reader.table(ref, IsolatedStar.class)) {
          bands.addAll(star.getMeanInstFlux().keySet());
        }
      }
    }
    for (String band : bands) {
      DataId id = DataId.of("instrument", block.get("instrument"), "band", band);
      out.send(
          block.has("name") ? id.with("name", block.get("name")) : id,
          PhotometricSolveTask.BLOCK,
          result);
    }
  }

  /** Bands that have blocks only have no quantum. */
  private static List<Quantum> withVisits(
      DataId key, List<QuantumInput> inputs, List<QuantumResult> side) {
    boolean any = inputs.stream().anyMatch(i -> i.getRole().equals(PhotometricSolveTask.SUMMARY));
    return any ? List.of(Quantum.of(key, inputs)) : List.of();
  }

  /** The zero points of a band go to its visits. */
  private static void bandToVisits(
      QuantumResult result, QuantumContext.DatasetReader reader, Router.Output out)
      throws java.io.IOException {
    String instrument = DataId.parse(result.getDataId()).get("instrument");
    for (DatasetRef ref : result.getOutputs()) {
      if (ref.getDatasetType().equals(DatasetTypes.PHOTOMETRIC_SOLUTION.name())) {
        for (long visit : reader.json(ref, PhotometricSolution.class).visitNumbers()) {
          out.send(
              DataId.of("instrument", instrument, "visit", visit),
              AstrometricSolveTask.PHOTOMETRY,
              result);
        }
      }
    }
  }

  /** A block goes to the visits that have a star in it. */
  private static void toVisits(
      QuantumResult result, QuantumContext.DatasetReader reader, Router.Output out)
      throws java.io.IOException {
    String instrument = DataId.parse(result.getDataId()).get("instrument");
    Set<Long> visits = new TreeSet<>();
    if (QuantumResults.isPresent(result)) {
      for (DatasetRef ref : result.getOutputs()) {
        if (ref.getDatasetType().equals(DatasetTypes.ISOLATED_STAR_BLOCK.name())) {
          for (IsolatedStar star : reader.table(ref, IsolatedStar.class)) {
            visits.addAll(star.getMemberVisits());
          }
        }
      }
    }
    for (long visit : visits) {
      out.send(
          DataId.of("instrument", instrument, "visit", visit), AstrometricSolveTask.BLOCK, result);
    }
  }

  /** One quantum of a visit with what was gathered and the reference catalogue around it. */
  static List<Quantum> withReferencesOfVisit(
      DataId key, List<QuantumInput> inputs, List<QuantumResult> side) {
    RefStars.Cone cone = RefStars.Cone.aroundDetectors(inputs, AstrometricSolveTask.MARGIN_DEG);
    return withReferences(key, inputs, RefStars.inputs(side, cone));
  }

  private static List<Quantum> withReferencesOfPixel(
      DataId key, List<QuantumInput> inputs, List<QuantumResult> side) {
    RefStars.Cone cone = IsolatedStarsTask.cone(key.getLong("healpix9"));
    return withReferences(key, inputs, RefStars.inputs(side, cone));
  }

  private static List<Quantum> withReferences(
      DataId key, List<QuantumInput> inputs, List<QuantumInput> references) {
    List<QuantumInput> all = new ArrayList<>(inputs);
    all.addAll(references);
    return List.of(Quantum.of(key, all));
  }
}
