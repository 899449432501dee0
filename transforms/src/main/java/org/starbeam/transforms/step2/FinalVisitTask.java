package org.starbeam.transforms.step2;

import java.io.IOException;
import java.io.Serializable;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.starbeam.background.BackgroundList;
import org.starbeam.characterization.Characterization;
import org.starbeam.characterization.FinalPass;
import org.starbeam.characterization.FrameModel;
import org.starbeam.failure.AlgorithmException;
import org.starbeam.failure.BadInputException;
import org.starbeam.fits.FitsTable;
import org.starbeam.fits.ImageFile;
import org.starbeam.image.Box;
import org.starbeam.image.InterpolationRecord;
import org.starbeam.image.MaskedImage;
import org.starbeam.isr.IsrTask;
import org.starbeam.measurement.ApertureCorrections;
import org.starbeam.photometry.PhotoCalib;
import org.starbeam.psf.PsfDeterminer;
import org.starbeam.psf.PsfModel;
import org.starbeam.psf.PsfModels;
import org.starbeam.schema.ExposureSummary;
import org.starbeam.schema.SourceRow;
import org.starbeam.sky.TanSip;
import org.starbeam.streak.StreakTable;
import org.starbeam.transforms.calibs.IsrRunner;
import org.starbeam.transforms.dataset.Configs;
import org.starbeam.transforms.dataset.DatasetTypes;
import org.starbeam.transforms.quantum.Outcome;
import org.starbeam.transforms.quantum.Quantum;
import org.starbeam.transforms.quantum.QuantumContext;
import org.starbeam.transforms.quantum.QuantumTask;
import org.starbeam.transforms.quantum.TaskSpec;
import org.starbeam.transforms.quantum.TaskSpec.InputRule;
import org.starbeam.transforms.step1.FrameIds;
import org.starbeam.transforms.step1.PostIsrFrame;
import org.starbeam.transforms.step1.SingleFrameTask;
import org.starbeam.transforms.step1.SummaryMaker;

/**
 * Final characterization of one detector of one visit: ISR again, PSF fitted anew to the isolated
 * stars of all visits unless there is one pass only, full-depth catalogue, WCS and photometric
 * calibration of the visit's solution (specs/02 sections 0.2 and 0.3). Writes the visit image in
 * nJy with all its models, and the Source rows. Without a solution the first pass's WCS and
 * calibration stay and the quantum is degraded; so it is with models that the visit's other
 * detectors supplied.
 */
public record FinalVisitTask(Config config) implements QuantumTask {
  public static final String NAME = "finalVisit";

  private static final int VERSION = 11;

  /** Role of the first pass. */
  public static final String INITIAL = "initial";

  /** Role of the visit's solution. */
  public static final String SOLUTION = "solution";

  /**
   * @param isr instrument signature removal
   * @param pass the pass
   * @param psf PSF fit
   * @param compressed whether float planes are quantised, else plain float32
   * @param nCharacterizationPasses 2: PSF and aperture corrections are fitted again with what all
   *     visits have told. 1: they stay as the first pass left them, and nothing is solved over
   *     visits (specs/02 section 0.3)
   */
  public record Config(
      IsrTask.Config isr,
      FinalPass.Config pass,
      PsfDeterminer.Config psf,
      boolean compressed,
      int nCharacterizationPasses)
      implements Serializable {
    /**
     * @throws BadInputException {@code CONFIG_RANGE} for a number of passes that the graph does not
     *     have
     */
    public Config {
      if (nCharacterizationPasses < 1 || nCharacterizationPasses > 2) {
        throw new BadInputException(
            "CONFIG_RANGE",
            "finalVisit: nCharacterizationPasses is "
                + nCharacterizationPasses
                + "; the graph has 1 pass (no global solution) or 2");
      }
    }

    public static Config defaults() {
      return new Config(
          IsrTask.Config.defaults(),
          FinalPass.Config.defaults(),
          PsfDeterminer.Config.defaults(),
          true,
          2);
    }
  }

  /** WCS and calibration that go into the products, and where they are from. */
  private record Solved(
      TanSip wcs,
      String wcsMethod,
      PhotoCalib photoCalib,
      int photRefs,
      VisitSolution.@Nullable DetectorSolution solution) {
    boolean fallback() {
      return solution == null;
    }

    @Nullable Recovery recovery() {
      return solution == null ? null : solution.recovery();
    }

    VisitStars stars() {
      return solution == null ? VisitStars.of(List.of()) : solution.stars();
    }

    /** Adds what the solution over all visits says of its stars. */
    void describe(ExposureSummary summary) {
      if (solution == null) {
        return;
      }
      double rms = Math.hypot(solution.sigmaEastMas(), solution.sigmaNorthMas()) / Math.sqrt(2);
      summary.setAstromOffsetMean(solution.firstOffsetMeanArcsec());
      summary.setAstromOffsetStd(solution.firstOffsetStdArcsec());
      summary.setNAstroRef(solution.nReference());
      summary.setAstromGlobalRms(finite(rms / 1000));
      summary.setAstromGlobalChi2Dof(finite(solution.chi2Dof()));
      summary.setNStarAstrom(solution.nStars());
      summary.setAstromReservedMas(finite(solution.reservedMas()));
      summary.setPhotometricClass(solution.photometricClass());
      Double zeroPointScale = solution.zeroPointScale();
      if (zeroPointScale != null) {
        summary.setEffTimeZeroPointScale(zeroPointScale);
        summary.setEffTime(summary.getEffTime() * zeroPointScale);
      }
      summary.setWcsSipMaxErrorMas(solution.sipMaxErrorMas());
      VisitClarity.DetectorGray gray = solution.gray();
      if (gray != null) {
        summary.setCcdGray(gray.grayMag());
        summary.setCcdGrayRms(gray.rmsMag());
        summary.setNStarPhotoCal(gray.nStars());
      }
      Recovery recovery = solution.recovery();
      summary.setRecovered(recovery == null ? List.of() : recovery.words());
      if (recovery != null && recovery.has(FrameModel.WCS)) {
        summary.setAstromOffsetMean(
            solution.nStars() > 0 ? solution.offsetMeanArcsec() : recovery.wcsErrorArcsec());
      }
    }

    private static @Nullable Double finite(double value) {
      return Double.isFinite(value) ? value : null;
    }
  }

  @Override
  public TaskSpec spec() {
    List<InputRule> rules = new ArrayList<>(SingleFrameTask.inputRules());
    rules.removeIf(rule -> rule.role().equals("refcat"));
    rules.add(InputRule.required(INITIAL));
    rules.add(InputRule.gather(SOLUTION, 0));
    return new TaskSpec(
        NAME,
        "step2",
        VERSION,
        Configs.json(config),
        rules,
        List.of(DatasetTypes.VISIT_IMAGE, DatasetTypes.SOURCE_DETECTOR));
  }

  @Override
  public Outcome run(Quantum quantum, QuantumContext context) throws Exception {
    PostIsrFrame frame = PostIsrFrame.of(new IsrRunner(config.isr).run(quantum, context));
    InitialModels initial = InitialModels.read(quantum, INITIAL, context);
    Solved solved = solution(quantum, context, frame, initial);
    context.checkCancelled();
    Characterization c = characterized(frame, initial, solved, context.seed("neighbours"));
    c.notes().forEach(note -> context.caveat(QuantumContext.Caveat.FALLBACK, note));
    ExposureSummary summary =
        SummaryMaker.of(
            frame, c, solved.wcs, solved.wcsMethod, null, solved.photoCalib, solved.photRefs);
    solved.describe(summary);
    stageImage(quantum, context, frame, c, solved, summary);
    context.stageTable(
        DatasetTypes.SOURCE_DETECTOR,
        quantum.dataId(),
        SourceRow.class,
        rows(context, frame, c, solved),
        SourceRows.COLUMNS);
    context.metric("nSource", c.detections());
    context.metric("nStreak", c.frame().streaks().streaks().size());
    context.metric("seeing", summary.getSeeing());
    context.metric("magLim", summary.getMagLim());
    return Outcome.done(summary);
  }

  private Characterization characterized(
      PostIsrFrame frame, InitialModels initial, Solved solved, long seed) {
    Recovery recovery = solved.recovery();
    FinalPass pass = new FinalPass(config.pass, PsfDeterminer.of(config.psf));
    PsfModel given = recovery == null ? null : recovery.profile(config.psf.halfSize());
    PsfModel start = given == null ? initial.psf() : given;
    ApertureCorrections standIn =
        recovery == null ? ApertureCorrections.none() : recovery.apertureCorrections(frame.box());
    return config.nCharacterizationPasses > 1
        ? pass.run(
            frame.state(),
            new FinalPass.Start(start, initial.corrections(), standIn),
            initial.psfStars(solved.stars(), solved.wcs, config.pass.frame()),
            initial.centroids(),
            seed)
        : pass.promote(
            frame.state(),
            start,
            initial.psfStars(),
            initial.centroids(),
            standIn.all().isEmpty() ? initial.corrections() : standIn,
            seed);
  }

  private static Solved solution(
      Quantum quantum, QuantumContext context, PostIsrFrame frame, InitialModels initial)
      throws IOException {
    Optional<VisitSolution.DetectorSolution> found = Optional.empty();
    var refs = quantum.refs(SOLUTION, DatasetTypes.VISIT_SOLUTION.name());
    if (!refs.isEmpty()) {
      found =
          context
              .reader()
              .json(refs.get(0), VisitSolution.class)
              .detector(frame.info().getDetector());
    }
    if (found.isEmpty()) {
      PhotoCalib photoCalib = initial.photoCalib();
      if (photoCalib == null || initial.missing().contains(FrameModel.WCS.word())) {
        throw new AlgorithmException(
            "NOT_RECOVERED",
            quantum.dataId()
                + ": the first pass found no "
                + String.join(", ", initial.missing())
                + " (its record says why), and too few other detectors of the visit have them");
      }
      context.caveat(
          QuantumContext.Caveat.FALLBACK,
          quantum.dataId() + ": no visit solution, WCS and calibration of the first pass stay");
      return new Solved(initial.wcs(), "single-frame", photoCalib, 0, null);
    }
    VisitSolution.DetectorSolution solution = found.get();
    Recovery recovery = solution.recovery();
    if (recovery != null) {
      context.caveat(QuantumContext.Caveat.FALLBACK, recovery.sentence());
    }
    return new Solved(
        solution.wcs().wcs(),
        solution.wcsMethod(),
        solution.photoCalib().photoCalib(),
        solution.nPhotRef(),
        solution);
  }

  private static List<SourceRow> rows(
      QuantumContext context, PostIsrFrame frame, Characterization c, Solved solved) {
    SourceRows.Frame common =
        new SourceRows.Frame(
            frame.visit(),
            frame.info().getDetector(),
            frame.band(),
            frame.info().getPhysicalFilter(),
            frame.info().getDayObs(),
            FrameIds.of(frame.info(), context)::source,
            solved.wcs,
            frame.nominalPixelArea(),
            solved.photoCalib,
            solved.fallback() || !c.notes().isEmpty(),
            solved.recovery() != null,
            solved.stars());
    return new SourceRows(common).rows(c.catalogue());
  }

  private void stageImage(
      Quantum quantum,
      QuantumContext context,
      PostIsrFrame frame,
      Characterization c,
      Solved solved,
      ExposureSummary summary)
      throws IOException {
    PhotoCalib calib = solved.photoCalib;
    MaskedImage image = calibrated(c.frame().image(), calib);
    List<FitsTable> tables = new ArrayList<>();
    tables.add(solved.wcs.toTable());
    tables.addAll(PsfModels.toTables(c.psfFit().model()));
    tables.add(c.corrections().toTable());
    tables.add(calib.toTable());
    tables.add(background(c.frame().background(), calib).toTable());
    InterpolationRecord interpolation = c.frame().interpolation();
    if (interpolation != null) {
      tables.add(interpolation.toTable());
    }
    tables.add(
        new StreakTable(solved.wcs, calib::nJyPerElectron, summary.getExpTime())
            .of(c.frame().streaks().streaks()));
    ImageFile file = new ImageFile(image, cards(frame, summary), solved.wcs.toHeader(), tables);
    ImageFile.Form form =
        config.compressed
            ? ImageFile.Form.quantised(
                summary.getSkyNoise() * calib.mean(),
                image,
                frame.visit() + "/" + frame.info().getDetector())
            : ImageFile.Form.plain();
    context.stageFile(DatasetTypes.VISIT_IMAGE, quantum.dataId(), path -> file.write(path, form));
  }

  /** Pixels in nJy, with the field of the calibration. */
  private static MaskedImage calibrated(MaskedImage electrons, PhotoCalib calib) {
    Box box = electrons.box();
    MaskedImage out =
        new MaskedImage(electrons.image().copy(), electrons.mask(), electrons.variance().copy());
    double[] row = new double[box.width()];
    for (int y = box.y0(); y < box.y1(); y++) {
      calib.field().fillRow(box.x0(), y, box.width(), row, 0);
      int i = out.image().index(box.x0(), y);
      int v = out.variance().index(box.x0(), y);
      for (int x = 0; x < row.length; x++) {
        double factor = calib.mean() * row[x];
        out.image().data[i + x] *= (float) factor;
        out.variance().data[v + x] *= (float) (factor * factor);
      }
    }
    return out;
  }

  /** The background in the units of the product. */
  private static BackgroundList background(BackgroundList electrons, PhotoCalib calib) {
    return electrons.times(calib.field().times(calib.mean()));
  }

  private static Map<String, Object> cards(PostIsrFrame frame, ExposureSummary summary) {
    Map<String, Object> cards = new LinkedHashMap<>();
    cards.put("INSTRUME", summary.getInstrument());
    cards.put("VISIT", summary.getVisit());
    cards.put("DETECTOR", summary.getDetector());
    cards.put("FILTER", summary.getPhysicalFilter());
    cards.put("BAND", summary.getBand());
    cards.put("DAYOBS", summary.getDayObs());
    cards.put("SEQNUM", summary.getSeqNum());
    cards.put("EXPTIME", summary.getExpTime());
    cards.put("TIMESYS", "TAI");
    cards.put("MJD-AVG", summary.getExpMidptMjd());
    cards.put("BUNIT", "nJy");
    cards.put("SKYLEVEL", summary.getSkyBg());
    cards.put("SKYNOISE", summary.getSkyNoise());
    cards.put("ZPMAG", summary.getZeroPoint());
    cards.put("SEEING", summary.getSeeing());
    cards.put("PSFSIGMA", summary.getPsfSigma());
    cards.put("MAGLIM", summary.getMagLim());
    cards.put("PHOTMETH", summary.getPhotoCalibMethod());
    cards.put("WCSMETH", summary.getWcsMethod());
    cards.put("DETNAME", frame.detector().name());
    if (!frame.isrCards().isEmpty()) {
      cards.put("ISRVER", VERSION);
      cards.putAll(frame.isrCards());
    }
    return cards;
  }
}
