package org.starbeam.transforms.calibs;

import java.util.ArrayList;
import java.util.List;
import org.apache.beam.sdk.transforms.Flatten;
import org.apache.beam.sdk.transforms.windowing.GlobalWindows;
import org.apache.beam.sdk.transforms.windowing.Window;
import org.apache.beam.sdk.values.PCollection;
import org.apache.beam.sdk.values.PCollectionList;
import org.starbeam.calibration.DefectFinder;
import org.starbeam.schema.ObservationInfo;
import org.starbeam.schema.QuantumInput;
import org.starbeam.schema.QuantumResult;
import org.starbeam.transforms.dataset.DataId;
import org.starbeam.transforms.ingest.IngestFileTask;
import org.starbeam.transforms.quantum.Assembler;
import org.starbeam.transforms.quantum.CampaignContext;
import org.starbeam.transforms.quantum.Quantum;
import org.starbeam.transforms.quantum.QuantumStage;
import org.starbeam.transforms.quantum.QuantumTask;
import org.starbeam.transforms.quantum.Router;
import org.starbeam.transforms.quantum.SideResults;

/**
 * From raw calibration exposures to certified masters: bias, then dark, then the scales of the
 * flats over the focal plane, then flats, defects, fringes from exposures of the sky, and a
 * certification of each. One window over the whole campaign: masters of one night serve all later
 * ones.
 *
 * <p>Results are those of task {@code certify}: the dataset and a Certification, or an absence
 * marker that names what failed.
 */
public final class Calibs {
  private final CampaignContext campaign;
  private final PCollection<QuantumResult> raws;
  private final PCollection<QuantumResult> camera;
  private final CombineFramesTask.Config combine;

  private Calibs(
      CampaignContext campaign,
      PCollection<QuantumResult> raws,
      PCollection<QuantumResult> camera) {
    this.campaign = campaign;
    this.raws = raws;
    this.camera = camera;
    this.combine = campaign.config(CombineFramesTask.NAME, CombineFramesTask.Config.defaults());
  }

  /**
   * The step.
   *
   * @param exposures results of ingest with their payload, in any window
   * @param camera result of ingestCamera
   */
  public static PCollection<QuantumResult> certifications(
      CampaignContext campaign,
      PCollection<QuantumResult> exposures,
      PCollection<QuantumResult> camera) {
    PCollection<QuantumResult> global =
        exposures.apply("calibsGlobal", Window.into(new GlobalWindows()));
    return new Calibs(campaign, global, camera).expand();
  }

  /** A quantum that a plan counts. */
  public record Planned(String stage, DataId id) {}

  /**
   * The quanta of this step that a frame leads to, when all goes well; none for other frames.
   *
   * @param fringes configuration of the campaign
   */
  public static List<Planned> quantaOf(ObservationInfo info, CombineFringeTask.Config fringes) {
    List<Planned> out = new ArrayList<>();
    if (CalibFrames.isForFringes(info, fringes.bands())) {
      DataId master = CalibFrames.master(info, CalibFrames.FRINGE);
      out.add(new Planned(CombineFringeTask.NAME, master));
      out.add(new Planned(CertifyTask.NAME, master));
    }
    for (String type : List.of(CalibFrames.BIAS, CalibFrames.DARK, CalibFrames.FLAT)) {
      if (CalibFrames.isInput(info, type)) {
        DataId master = CalibFrames.master(info, type);
        if (type.equals(CalibFrames.FLAT)) {
          out.add(new Planned(FlatLevelsTask.NAME, master));
          out.add(new Planned(FlatScalesTask.NAME, master.only("instrument", "physical_filter")));
        }
        out.add(new Planned(combining(type), master));
        DataId defects = defectsOf(master);
        out.add(new Planned(FindDefectsTask.NAME, defects));
        out.add(new Planned(CertifyTask.NAME, master));
        out.add(new Planned(CertifyTask.NAME, defects));
      }
    }
    return out;
  }

  private static String combining(String type) {
    return "combine" + Character.toUpperCase(type.charAt(0)) + type.substring(1);
  }

  private static DataId defectsOf(DataId master) {
    return master.only("instrument", "detector").with("name", CalibFrames.DEFECTS);
  }

  private PCollection<QuantumResult> expand() {
    PCollection<QuantumResult> bias = master(CalibFrames.BIAS, List.of());
    PCollection<QuantumResult> dark = master(CalibFrames.DARK, List.of(bias));
    PCollection<QuantumResult> scales = scales(bias, dark);
    PCollection<QuantumResult> flat = master(CalibFrames.FLAT, List.of(bias, dark, scales));
    PCollection<QuantumResult> defects = defects(bias, dark, flat);
    PCollection<QuantumResult> fringe = fringe(List.of(bias, dark, flat, defects));
    return certify(List.of(bias, dark, flat, defects, fringe));
  }

  private PCollection<QuantumResult> master(String type, List<PCollection<QuantumResult>> earlier) {
    return fromRaws(
        combining(type), CalibFrames.toMaster(type), earlier, new CombineFramesTask(type, combine));
  }

  private PCollection<QuantumResult> scales(
      PCollection<QuantumResult> bias, PCollection<QuantumResult> dark) {
    PCollection<QuantumResult> levels =
        fromRaws(
            FlatLevelsTask.NAME,
            CalibFrames.toMaster(CalibFrames.FLAT),
            List.of(bias, dark),
            new FlatLevelsTask(combine));
    return QuantumStage.named(FlatScalesTask.NAME)
        .in(campaign)
        .route(
            levels,
            (result, reader, out) ->
                out.send(
                    DataId.parse(result.getDataId()).only("instrument", "physical_filter"),
                    FlatScalesTask.LEVELS,
                    result))
        .run(new FlatScalesTask());
  }

  private PCollection<QuantumResult> fromRaws(
      String name, Router router, List<PCollection<QuantumResult>> earlier, QuantumTask task) {
    List<PCollection<QuantumResult>> side = new ArrayList<>(earlier);
    side.add(camera);
    return QuantumStage.named(name)
        .in(campaign)
        .route(raws, router)
        .side(SideResults.of(name + "Side", side))
        .assemble(withEarlier())
        .run(task);
  }

  private PCollection<QuantumResult> fringe(List<PCollection<QuantumResult>> earlier) {
    CombineFringeTask.Config config =
        campaign.config(CombineFringeTask.NAME, CombineFringeTask.Config.defaults());
    return fromRaws(
        CombineFringeTask.NAME,
        CalibFrames.toFringes(config.bands()),
        earlier,
        new CombineFringeTask(config));
  }

  private PCollection<QuantumResult> defects(
      PCollection<QuantumResult> bias,
      PCollection<QuantumResult> dark,
      PCollection<QuantumResult> flat) {
    DefectFinder.Config config =
        campaign.config(FindDefectsTask.NAME, DefectFinder.Config.defaults());
    return QuantumStage.named(FindDefectsTask.NAME)
        .in(campaign)
        .route(bias, toDefects(CalibFrames.BIAS))
        .route(dark, toDefects(CalibFrames.DARK))
        .route(flat, toDefects(CalibFrames.FLAT))
        .side(SideResults.of("findDefectsSide", List.of(camera)))
        .assemble(withEarlier())
        .run(new FindDefectsTask(config));
  }

  private static Router toDefects(String role) {
    return (result, reader, out) ->
        out.sendWithPayload(defectsOf(DataId.parse(result.getDataId())), role, result);
  }

  private PCollection<QuantumResult> certify(List<PCollection<QuantumResult>> products) {
    PCollection<QuantumResult> all =
        PCollectionList.of(products).apply("calibProducts", Flatten.pCollections());
    return QuantumStage.named(CertifyTask.NAME)
        .in(campaign)
        .route(
            all,
            (result, reader, out) ->
                out.sendWithPayload(DataId.parse(result.getDataId()), CertifyTask.PRODUCT, result))
        .run(new CertifyTask(campaign.config(CertifyTask.NAME, CertifyTask.Config.defaults())));
  }

  /** Adds the camera, the earlier masters of the same detector and the scales of the filter. */
  private static Assembler withEarlier() {
    return (key, inputs, side) -> {
      List<QuantumInput> all = new ArrayList<>(inputs);
      for (QuantumResult result : side) {
        String role = role(key, result);
        if (!role.isEmpty()) {
          all.add(
              new QuantumInput(role, QuantumResult.newBuilder(result).setPayload(null).build()));
        }
      }
      return List.of(Quantum.of(key, all));
    };
  }

  /** Role of a side result in the quantum of a key, or nothing. */
  private static String role(DataId key, QuantumResult result) {
    if (result.getTask().equals(IngestFileTask.CAMERA)) {
      return CalibFrames.CAMERA;
    }
    DataId id = DataId.parse(result.getDataId());
    if (result.getTask().equals(FlatScalesTask.NAME)) {
      boolean same =
          key.has("physical_filter") && id.equals(key.only("instrument", "physical_filter"));
      return same ? CombineFramesTask.SCALES : "";
    }
    if (id.has("physical_filter")
        && !id.only("physical_filter").equals(key.only("physical_filter"))) {
      return "";
    }
    boolean own = id.only("instrument", "detector").equals(key.only("instrument", "detector"));
    return own && id.has("name") ? id.get("name") : "";
  }
}
