package org.starbeam.transforms.step1;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import org.apache.beam.sdk.values.PCollection;
import org.apache.beam.sdk.values.PCollectionView;
import org.jspecify.annotations.Nullable;
import org.starbeam.schema.ObservationInfo;
import org.starbeam.schema.QuantumInput;
import org.starbeam.schema.QuantumResult;
import org.starbeam.sky.SkyPoint;
import org.starbeam.transforms.calibs.IsrInputs;
import org.starbeam.transforms.dataset.DataId;
import org.starbeam.transforms.ingest.RefStars;
import org.starbeam.transforms.ingest.SkyExposures;
import org.starbeam.transforms.quantum.CampaignContext;
import org.starbeam.transforms.quantum.Completeness;
import org.starbeam.transforms.quantum.Quantum;
import org.starbeam.transforms.quantum.QuantumContext;
import org.starbeam.transforms.quantum.QuantumStage;
import org.starbeam.transforms.quantum.Router;
import org.starbeam.transforms.quantum.Selected;
import org.starbeam.transforms.selection.Selection;
import org.starbeam.transforms.selection.SelectionRow;
import org.starbeam.transforms.selection.VisitFields;
import org.starbeam.transforms.window.CampaignWindows;

/** First characterization of every detector of every science exposure. */
public final class Step1 {
  /** Field radius by which shards of the reference catalogue are chosen, degrees. */
  private static final double FIELD_RADIUS_DEG = 2.5;

  private Step1() {}

  /**
   * @param raws results of ingest
   * @param rolloverHours hours from midnight to the change of the observing day; frames are
   *     gathered in windows of nights
   * @param side camera, certified calibrations, reference catalogue shards
   */
  public static PCollection<QuantumResult> singleFrame(
      CampaignContext campaign,
      PCollection<QuantumResult> raws,
      double rolloverHours,
      PCollectionView<Iterable<QuantumResult>> side) {
    return QuantumStage.named(SingleFrameTask.NAME)
        .in(campaign)
        .window(CampaignWindows.nights(rolloverHours))
        .route(raws, Step1::routeRaw)
        .side(side)
        .assemble((key, inputs, all) -> List.of(quantum(key, inputs, all)))
        .completeWhen(Completeness.single())
        .run(task(campaign));
  }

  /**
   * The exposures that the campaign selects by what their headers say; those of the sky that it
   * leaves out are recorded as SKIPPED. Calibration frames and what ingest refused go on.
   *
   * @param exposures results of ingest
   */
  public static PCollection<QuantumResult> selected(
      CampaignContext campaign, PCollection<QuantumResult> exposures) {
    Selection header = VisitFields.selection(campaign.where()).header();
    return header.isAll()
        ? exposures
        : exposures.apply(
            "selected",
            new Selected(campaign, task(campaign).spec(), new HeaderChoice(header.toString())));
  }

  /**
   * The exposures of a release. Those of the sky that were taken outside of its interval are
   * recorded as {@code SKIPPED(OUT_OF_RELEASE)}; calibration frames and what ingest refused go on.
   *
   * @param exposures results of ingest
   */
  public static PCollection<QuantumResult> ofRelease(
      CampaignContext campaign,
      PCollection<QuantumResult> exposures,
      CampaignWindows.Interval release) {
    return exposures.apply(
        "ofRelease", new Selected(campaign, task(campaign).spec(), outOf(release)));
  }

  private static Selected.Choice outOf(CampaignWindows.Interval release) {
    return frame -> {
      if (!SkyExposures.contains(frame)) {
        return null;
      }
      ObservationInfo info = (ObservationInfo) frame.getPayload();
      int night = info.getDayObs();
      return night >= release.firstDayObs() && night <= release.lastDayObs()
          ? null
          : new Selected.LeftOut(
              key(info),
              "OUT_OF_RELEASE: night "
                  + night
                  + " is not in "
                  + release.firstDayObs()
                  + ".."
                  + release.lastDayObs()
                  + " of release "
                  + release.name());
    };
  }

  /** Leaves out exposures of the sky that a selection does not hold. */
  private static final class HeaderChoice implements Selected.Choice {
    private static final long serialVersionUID = 1L;

    private final String where;
    private transient @Nullable Predicate<SelectionRow> predicate;

    HeaderChoice(String where) {
      this.where = where;
    }

    @Override
    public Selected.@Nullable LeftOut of(QuantumResult frame) {
      if (!SkyExposures.contains(frame)) {
        return null;
      }
      ObservationInfo info = (ObservationInfo) frame.getPayload();
      Predicate<SelectionRow> known = predicate;
      if (known == null) {
        known = VisitFields.selection(where).predicate();
        predicate = known;
      }
      return known.test(VisitFields.row(info))
          ? null
          : new Selected.LeftOut(key(info), "left out by the selection " + where);
    }
  }

  private static SingleFrameTask task(CampaignContext campaign) {
    return new SingleFrameTask(
        campaign.config(SingleFrameTask.NAME, SingleFrameTask.Config.defaults()));
  }

  /** Data id of a frame's first characterization. */
  public static DataId key(ObservationInfo info) {
    Long visit = info.getVisitId();
    return DataId.of(
        "instrument",
        info.getInstrument(),
        "visit",
        visit == null ? info.getExposureId() : visit,
        "detector",
        info.getDetector());
  }

  /** Sends raws of the sky to (visit, detector); raws that ingest refused have no such key. */
  public static void routeRaw(
      QuantumResult raw, QuantumContext.DatasetReader reader, Router.Output out) {
    if (SkyExposures.contains(raw) && raw.getPayload() instanceof ObservationInfo info) {
      out.sendWithPayload(key(info), IsrInputs.RAW, raw);
    }
  }

  /** A raw with its calibrations and the shards around its pointing. */
  public static Quantum quantum(DataId key, List<QuantumInput> inputs, List<QuantumResult> side) {
    List<QuantumInput> all = new ArrayList<>(inputs);
    for (QuantumInput input : inputs) {
      if (input.getRole().equals(IsrInputs.RAW)) {
        all.addAll(IsrInputs.select(input.getResult(), side));
        all.addAll(shards(input.getResult(), side));
      }
    }
    return Quantum.of(key, all);
  }

  private static List<QuantumInput> shards(QuantumResult raw, List<QuantumResult> side) {
    ObservationInfo info = IsrInputs.info(raw);
    Double ra = info.getBoresightRa();
    Double dec = info.getBoresightDec();
    return ra == null || dec == null
        ? RefStars.allInputs(side)
        : RefStars.inputs(side, new RefStars.Cone(new SkyPoint(ra, dec), FIELD_RADIUS_DEG));
  }
}
