package org.starbeam.transforms.calibs;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.Set;
import java.util.stream.Stream;
import org.apache.beam.sdk.transforms.Filter;
import org.apache.beam.sdk.transforms.Flatten;
import org.apache.beam.sdk.transforms.windowing.GlobalWindows;
import org.apache.beam.sdk.transforms.windowing.Window;
import org.apache.beam.sdk.values.PCollection;
import org.apache.beam.sdk.values.PCollectionList;
import org.starbeam.calibration.DefectFinder;
import org.starbeam.calibration.DeferredChargeFitter;
import org.starbeam.calibration.KernelSolver;
import org.starbeam.calibration.LinearityFitter;
import org.starbeam.calibration.PtcFitter;
import org.starbeam.schema.ObservationInfo;
import org.starbeam.schema.QuantumInput;
import org.starbeam.schema.QuantumResult;
import org.starbeam.transforms.dataset.DataId;
import org.starbeam.transforms.ingest.IngestFileTask;
import org.starbeam.transforms.quantum.Assembler;
import org.starbeam.transforms.quantum.CampaignContext;
import org.starbeam.transforms.quantum.Quantum;
import org.starbeam.transforms.quantum.QuantumResults;
import org.starbeam.transforms.quantum.QuantumStage;
import org.starbeam.transforms.quantum.QuantumTask;
import org.starbeam.transforms.quantum.Router;
import org.starbeam.transforms.quantum.SideResults;

/**
 * From raw calibration exposures to certified masters: non-linearity and gains from flat pairs,
 * deferred charge from the same flats, crosstalk from exposures of the sky, then with these bias,
 * dark, the scales of the flats over the focal plane, flats, defects, fringes from exposures of the
 * sky, and a certification of each. One window over the whole campaign: masters of one night serve
 * all later ones.
 *
 * <p>Results are those of task {@code certify}: the dataset and a Certification, or an absence
 * marker that names what failed.
 */
public final class Calibs {
  /** What masters are made with, of the exposures or certified before. */
  private static final List<String> ELECTRONICS =
      List.of(CalibFrames.PTC, CalibFrames.LINEARIZER, CalibFrames.BRIGHTER_FATTER);

  private final CampaignContext campaign;
  private final PCollection<QuantumResult> raws;
  private final PCollection<QuantumResult> camera;
  private final PCollection<QuantumResult> certified;
  private final CombineFramesTask.Config combine;

  private Calibs(
      CampaignContext campaign,
      PCollection<QuantumResult> raws,
      PCollection<QuantumResult> camera,
      PCollection<QuantumResult> certified) {
    this.campaign = campaign;
    this.raws = raws;
    this.camera = camera;
    this.certified = certified;
    this.combine = campaign.config(CombineFramesTask.NAME, CombineFramesTask.Config.defaults());
  }

  /**
   * The step.
   *
   * @param exposures results of ingest with their payload, in any window
   * @param camera result of ingestCamera
   * @param certified what earlier runs have certified: masters are made with its gains and
   *     linearizers where the exposures give none
   */
  public static PCollection<QuantumResult> certifications(
      CampaignContext campaign,
      PCollection<QuantumResult> exposures,
      PCollection<QuantumResult> camera,
      PCollection<QuantumResult> certified) {
    PCollection<QuantumResult> global =
        exposures.apply("calibsGlobal", Window.into(new GlobalWindows()));
    return new Calibs(campaign, global, camera, certified).expand();
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
    if (CalibFrames.isForCrosstalk(info)) {
      DataId crosstalk = CalibFrames.master(info, CalibFrames.CROSSTALK);
      out.add(new Planned(FitCrosstalkTask.NAME, crosstalk));
      out.add(new Planned(CertifyTask.NAME, crosstalk));
    }
    if (CalibFrames.isForPtc(info)) {
      DataId cti = CalibFrames.master(info, CalibFrames.CTI);
      out.add(new Planned(FitCtiTask.NAME, cti));
      out.add(new Planned(CertifyTask.NAME, cti));
      DataId ptc = CalibFrames.master(info, CalibFrames.PTC);
      DataId linearizer = CalibFrames.master(info, CalibFrames.LINEARIZER);
      DataId kernel = CalibFrames.master(info, CalibFrames.BRIGHTER_FATTER);
      out.add(new Planned(MeasureFlatPairsTask.NAME, ptc));
      out.add(new Planned(FitLinearityTask.NAME, linearizer));
      out.add(new Planned(FitPtcTask.NAME, ptc));
      out.add(new Planned(FitBrighterFatterTask.NAME, kernel));
      out.add(new Planned(CalibVerifyTask.NAME, ptc));
      out.add(new Planned(CertifyTask.NAME, linearizer));
      out.add(new Planned(CertifyTask.NAME, kernel));
      out.add(new Planned(CertifyTask.NAME, ptc));
      out.add(new Planned(CalibTablesTask.NAME, ptc));
    }
    for (String type : List.of(CalibFrames.BIAS, CalibFrames.DARK, CalibFrames.FLAT)) {
      if (CalibFrames.isInput(info, type)) {
        DataId master = CalibFrames.master(info, type);
        if (type.equals(CalibFrames.FLAT)) {
          out.add(new Planned(FlatLevelsTask.NAME, master));
          out.add(new Planned(FlatScalesTask.NAME, master.only("instrument", "physical_filter")));
        }
        out.add(new Planned(combining(type), master));
        out.add(new Planned(CalibVerifyTask.NAME, master));
        DataId defects = product(master, CalibFrames.DEFECTS);
        out.add(new Planned(FindDefectsTask.NAME, defects));
        out.add(new Planned(CertifyTask.NAME, master));
        out.add(new Planned(CertifyTask.NAME, defects));
        out.add(new Planned(CalibTablesTask.NAME, defects));
      }
    }
    return out;
  }

  private static String combining(String type) {
    return "combine" + Character.toUpperCase(type.charAt(0)) + type.substring(1);
  }

  private static DataId product(DataId master, String name) {
    return master.only("instrument", "detector").with("name", name);
  }

  private PCollection<QuantumResult> expand() {
    PCollection<QuantumResult> pairs = pairs();
    PCollection<QuantumResult> linearizer = linearizer(pairs);
    PCollection<QuantumResult> ptc = ptc(pairs, linearizer);
    PCollection<QuantumResult> kernel = kernel(ptc);
    List<PCollection<QuantumResult>> electronics = List.of(linearizer, ptc, kernel, certified);
    PCollection<QuantumResult> bias = master(CalibFrames.BIAS, electronics);
    PCollection<QuantumResult> dark = master(CalibFrames.DARK, with(electronics, bias));
    PCollection<QuantumResult> scales = scales(with(electronics, bias, dark));
    PCollection<QuantumResult> flat =
        master(CalibFrames.FLAT, with(electronics, bias, dark, scales));
    PCollection<QuantumResult> defects = defects(bias, dark, flat);
    PCollection<QuantumResult> fringe = fringe(with(electronics, bias, dark, flat, defects));
    PCollection<QuantumResult> verified =
        verify(List.of(ptc, bias, dark, flat), with(electronics, bias, dark, defects));
    PCollection<QuantumResult> certifications =
        certify(
            List.of(linearizer, ptc, kernel, cti(), crosstalk(), bias, dark, flat, defects, fringe),
            verified);
    tables(certifications);
    return certifications;
  }

  private void tables(PCollection<QuantumResult> certified) {
    QuantumStage.named(CalibTablesTask.NAME)
        .in(campaign)
        .route(
            certified,
            (result, reader, out) -> {
              DataId id = DataId.parse(result.getDataId());
              if (CalibTablesTask.TYPES.contains(id.get("name"))) {
                out.send(id, CertifyTask.PRODUCT, result);
              }
            })
        .run(new CalibTablesTask());
  }

  @SafeVarargs
  private static List<PCollection<QuantumResult>> with(
      List<PCollection<QuantumResult>> some, PCollection<QuantumResult>... more) {
    return Stream.concat(some.stream(), Stream.of(more)).toList();
  }

  private PCollection<QuantumResult> pairs() {
    MeasureFlatPairsTask.Config config =
        campaign.config(MeasureFlatPairsTask.NAME, MeasureFlatPairsTask.Config.defaults());
    PCollection<QuantumResult> zeros =
        raws.apply("zeros", Filter.by(result -> CalibFrames.isInput(result, CalibFrames.BIAS)));
    return QuantumStage.named(MeasureFlatPairsTask.NAME)
        .in(campaign)
        .route(raws, CalibFrames.toPtc())
        .side(SideResults.of(MeasureFlatPairsTask.NAME + "Side", List.of(zeros, camera)))
        .assemble(withZeros())
        .run(new MeasureFlatPairsTask(config));
  }

  private PCollection<QuantumResult> linearizer(PCollection<QuantumResult> pairs) {
    LinearityFitter.Config config =
        campaign.config(FitLinearityTask.NAME, LinearityFitter.Config.defaults());
    return QuantumStage.named(FitLinearityTask.NAME)
        .in(campaign)
        .route(pairs, toDetector(CalibFrames.LINEARIZER, CalibFrames.PAIRS))
        .run(new FitLinearityTask(config));
  }

  private PCollection<QuantumResult> ptc(
      PCollection<QuantumResult> pairs, PCollection<QuantumResult> linearizer) {
    PtcFitter.Config config = campaign.config(FitPtcTask.NAME, PtcFitter.Config.defaults());
    return QuantumStage.named(FitPtcTask.NAME)
        .in(campaign)
        .route(pairs, toDetector(CalibFrames.PTC, CalibFrames.PAIRS))
        .route(linearizer, toDetector(CalibFrames.PTC, CalibFrames.LINEARIZER))
        .run(new FitPtcTask(config));
  }

  private PCollection<QuantumResult> master(String type, List<PCollection<QuantumResult>> earlier) {
    return fromRaws(
        combining(type), CalibFrames.toMaster(type), earlier, new CombineFramesTask(type, combine));
  }

  private PCollection<QuantumResult> kernel(PCollection<QuantumResult> ptc) {
    KernelSolver.Config config =
        campaign.config(FitBrighterFatterTask.NAME, KernelSolver.Config.defaults());
    return QuantumStage.named(FitBrighterFatterTask.NAME)
        .in(campaign)
        .route(ptc, toDetector(CalibFrames.BRIGHTER_FATTER, CalibFrames.PTC))
        .side(SideResults.of(FitBrighterFatterTask.NAME + "Side", List.of(ptc)))
        .assemble(
            (key, inputs, side) -> {
              List<QuantumInput> all = new ArrayList<>(inputs);
              side.stream()
                  .filter(result -> result.getTask().equals(FitPtcTask.NAME))
                  .filter(result -> isOf(result, key.get("instrument")))
                  .forEach(result -> all.add(IsrInputs.input(FitBrighterFatterTask.ALL, result)));
              return List.of(Quantum.of(key, all));
            })
        .run(new FitBrighterFatterTask(config));
  }

  private PCollection<QuantumResult> cti() {
    DeferredChargeFitter.Config config =
        campaign.config(FitCtiTask.NAME, DeferredChargeFitter.Config.defaults());
    return fromRaws(
        FitCtiTask.NAME, CalibFrames.toRamp(CalibFrames.CTI), List.of(), new FitCtiTask(config));
  }

  private PCollection<QuantumResult> crosstalk() {
    FitCrosstalkTask.Config config =
        campaign.config(FitCrosstalkTask.NAME, FitCrosstalkTask.Config.defaults());
    return fromRaws(
        FitCrosstalkTask.NAME, CalibFrames.toCrosstalk(), List.of(), new FitCrosstalkTask(config));
  }

  private static boolean isOf(QuantumResult result, String instrument) {
    return DataId.parse(result.getDataId()).get("instrument").equals(instrument);
  }

  private PCollection<QuantumResult> scales(List<PCollection<QuantumResult>> earlier) {
    PCollection<QuantumResult> levels =
        fromRaws(
            FlatLevelsTask.NAME,
            CalibFrames.toMaster(CalibFrames.FLAT),
            earlier,
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
        .route(bias, toDetector(CalibFrames.DEFECTS, CalibFrames.BIAS))
        .route(dark, toDetector(CalibFrames.DEFECTS, CalibFrames.DARK))
        .route(flat, toDetector(CalibFrames.DEFECTS, CalibFrames.FLAT))
        .side(SideResults.of("findDefectsSide", List.of(camera)))
        .assemble(withEarlier())
        .run(new FindDefectsTask(config));
  }

  /** Sends products of a detector to one that is made of them. */
  private static Router toDetector(String product, String role) {
    return (result, reader, out) ->
        out.sendWithPayload(product(DataId.parse(result.getDataId()), product), role, result);
  }

  private PCollection<QuantumResult> verify(
      List<PCollection<QuantumResult>> products, List<PCollection<QuantumResult>> earlier) {
    PCollection<QuantumResult> all =
        PCollectionList.of(products).apply("verifiable", Flatten.pCollections());
    CalibVerifyTask.Config config =
        campaign.config(CalibVerifyTask.NAME, CalibVerifyTask.Config.defaults());
    return QuantumStage.named(CalibVerifyTask.NAME)
        .in(campaign)
        .route(
            all,
            (result, reader, out) -> {
              DataId id = DataId.parse(result.getDataId());
              out.send(id, CertifyTask.PRODUCT, result);
              out.send(id, id.get("name"), result);
            })
        .route(
            raws,
            (result, reader, out) -> {
              for (String type : List.of(CalibFrames.BIAS, CalibFrames.DARK, CalibFrames.FLAT)) {
                CalibFrames.toMaster(type).route(result, reader, out);
              }
            })
        .side(SideResults.of(CalibVerifyTask.NAME + "Side", with(earlier, camera)))
        .assemble(withEarlier())
        .run(new CalibVerifyTask(config));
  }

  private PCollection<QuantumResult> certify(
      List<PCollection<QuantumResult>> products, PCollection<QuantumResult> verified) {
    PCollection<QuantumResult> all =
        PCollectionList.of(products).apply("calibProducts", Flatten.pCollections());
    return QuantumStage.named(CertifyTask.NAME)
        .in(campaign)
        .route(
            all,
            (result, reader, out) ->
                out.sendWithPayload(DataId.parse(result.getDataId()), CertifyTask.PRODUCT, result))
        .route(
            verified,
            (result, reader, out) ->
                out.send(DataId.parse(result.getDataId()), CertifyTask.VERIFIED, result))
        .run(new CertifyTask(campaign.config(CertifyTask.NAME, CertifyTask.Config.defaults())));
  }

  /** Adds the camera and the bias frames of the detector. */
  private static Assembler withZeros() {
    return (key, inputs, side) -> {
      List<QuantumInput> all = new ArrayList<>(inputs);
      for (QuantumResult result : side) {
        if (result.getTask().equals(IngestFileTask.CAMERA)) {
          all.add(IsrInputs.input(CalibFrames.CAMERA, result));
        } else if (result.getPayload() instanceof ObservationInfo info
            && CalibIds.detector(info).equals(key.only("instrument", "detector"))) {
          all.add(new QuantumInput(CalibFrames.ZERO, result));
        }
      }
      return List.of(Quantum.of(key, all));
    };
  }

  /**
   * Adds the camera, the earlier masters of the same detector and the scales of the filter; gains
   * and linearizer from what is certified where the exposures give none.
   */
  private static Assembler withEarlier() {
    return (key, inputs, side) -> {
      List<QuantumInput> all = new ArrayList<>(inputs);
      Set<String> own = new HashSet<>();
      for (QuantumResult result : side) {
        String role = CertifiedCalibs.isCertified(result) ? "" : role(key, result);
        if (!role.isEmpty()) {
          all.add(IsrInputs.input(role, result));
          own.add(QuantumResults.isPresent(result) ? role : "");
        }
      }
      for (String type : ELECTRONICS) {
        if (!isProduct(key, type) && !own.contains(type)) {
          certified(type, key, inputs, side).ifPresent(r -> all.add(IsrInputs.input(type, r)));
        }
      }
      return List.of(Quantum.of(key, all));
    };
  }

  /** What is certified of a type at the middle of the first exposure of a master. */
  private static Optional<QuantumResult> certified(
      String type, DataId key, List<QuantumInput> inputs, List<QuantumResult> side) {
    OptionalDouble first =
        inputs.stream()
            .map(input -> input.getResult().getPayload())
            .filter(ObservationInfo.class::isInstance)
            .mapToDouble(info -> ((ObservationInfo) info).getMidTaiMjd())
            .min();
    if (first.isEmpty()) {
      return Optional.empty();
    }
    List<QuantumResult> known = side.stream().filter(CertifiedCalibs::isCertified).toList();
    return IsrInputs.index(known, key.get("instrument"))
        .find(type, key.getInt("detector"), null, first.getAsDouble());
  }

  /** Whether a key is that of the product itself, or of a curve, which needs no masters. */
  private static boolean isProduct(DataId key, String name) {
    return key.get("name").equals(name) || key.get("name").equals(CalibFrames.PTC);
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
    return own && id.has("name") && !isProduct(key, id.get("name")) ? id.get("name") : "";
  }
}
