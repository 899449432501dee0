package org.starbeam.pipelines.plan;

import com.google.common.primitives.Doubles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.starbeam.camera.Camera;
import org.starbeam.camera.InitialWcs;
import org.starbeam.failure.BadInputException;
import org.starbeam.fits.FitsHdu;
import org.starbeam.fits.FitsReader;
import org.starbeam.fits.HeaderView;
import org.starbeam.image.Box;
import org.starbeam.pipelines.ExitCode;
import org.starbeam.pipelines.UserException;
import org.starbeam.pipelines.campaign.Campaign;
import org.starbeam.pipelines.campaign.RunCatalog;
import org.starbeam.pipelines.campaign.TaskGraph;
import org.starbeam.pipelines.campaign.VisitSelection;
import org.starbeam.pipelines.plan.PlannedVisit.Outline;
import org.starbeam.pipelines.plan.Planner.Early;
import org.starbeam.schema.ExposureSummary;
import org.starbeam.schema.ObservationInfo;
import org.starbeam.schema.QuantumRecord;
import org.starbeam.schema.QuantumStatus;
import org.starbeam.sky.SkyPoint;
import org.starbeam.sky.Wcs;
import org.starbeam.sky.WcsReader;
import org.starbeam.transforms.calibs.Calibs;
import org.starbeam.transforms.calibs.CombineFringeTask;
import org.starbeam.transforms.dataset.DataId;
import org.starbeam.transforms.dataset.InputFile;
import org.starbeam.transforms.dataset.InputFolder;
import org.starbeam.transforms.ingest.FrameHeaders;
import org.starbeam.transforms.ingest.IngestRefcat;
import org.starbeam.transforms.ingest.IngestRefcatTask;
import org.starbeam.transforms.quantum.CampaignContext;
import org.starbeam.transforms.selection.Selection;
import org.starbeam.transforms.selection.SelectionRow;
import org.starbeam.transforms.selection.VisitFields;
import org.starbeam.transforms.step1.Step1;
import org.starbeam.transforms.window.CampaignWindows;

/**
 * What a plan starts from: the frames of a campaign's input directory that it selects, and what the
 * ledger of its run already knows of them.
 */
public final class CampaignPlan {
  /** A commanded pointing may be off by so much. */
  public static final double POINTING_ARCSEC = 30;

  private static final Set<QuantumStatus> ENDED =
      Set.of(QuantumStatus.DONE, QuantumStatus.ADOPTED, QuantumStatus.NO_WORK);

  /** Catalogues larger than this are not read for a plan. */
  private static final long MAX_REFCAT_BYTES = 256L << 20;

  private final Campaign campaign;
  private final InputFolder input;
  private final FrameHeaders headers;
  private final CombineFringeTask.Config fringes;
  private final Selection selection;
  private final List<ObservationInfo> science = new ArrayList<>();
  private final @Nullable RunCatalog run;
  private final Map<DataId, ExposureSummary> summaries = new HashMap<>();
  private final Set<DataId> failed = new HashSet<>();
  private final Map<DataId, Path> files = new HashMap<>();
  private boolean measured = true;
  private int unplaced;

  /**
   * Reads headers and ledger.
   *
   * @param run the run that the plan is of, when it exists
   * @throws UserException when the selection is at fault or holds nothing
   */
  public CampaignPlan(Campaign campaign, InputFolder input, @Nullable RunCatalog run) {
    this.campaign = campaign;
    this.input = input;
    this.run = run;
    CampaignContext context = CampaignContext.of(Path.of("."), "plan");
    for (var task : campaign.tasks().entrySet()) {
      context = context.withConfig(task.getKey(), task.getValue().toString());
    }
    fringes = context.config(CombineFringeTask.NAME, CombineFringeTask.Config.defaults());
    String mapping = campaign.inputs().mapping();
    headers =
        VisitSelection.headers(
            input, mapping == null ? null : Path.of(mapping).toAbsolutePath(), context);
    selection = VisitSelection.of(campaign, VisitSelection.bands(input));
    VisitSelection.requireAny(selection.header(), headers.science());
    if (run != null) {
      readSummaries(run);
    }
    select();
  }

  private void readSummaries(RunCatalog catalog) {
    for (QuantumRecord record : catalog.quanta()) {
      boolean last = record.getTask().equals("finalVisit");
      if (record.getTask().equals("singleFrame") && record.getStatus() == QuantumStatus.FAILED) {
        failed.add(DataId.parse(record.getDataId()));
      }
      if (record.getPayload() instanceof ExposureSummary summary
          && (last || record.getTask().equals("singleFrame"))) {
        DataId id = DataId.parse(record.getDataId());
        if (last || !summaries.containsKey(id)) {
          summaries.put(id, summary);
        }
      }
    }
  }

  private void select() {
    Predicate<SelectionRow> selected = selection.header().predicate();
    List<String> bands = campaign.select().bands();
    Integer through = campaign.windows().through();
    Set<DataId> seen = new LinkedHashSet<>();
    for (FrameHeaders.Frame frame : headers.science()) {
      ObservationInfo info = frame.info();
      boolean inBand = bands.isEmpty() || info.getBand() == null || bands.contains(info.getBand());
      boolean inTime = through == null || info.getDayObs() <= through;
      if (inBand && inTime && selected.test(VisitFields.row(info)) && seen.add(Step1.key(info))) {
        science.add(info);
        files.put(Step1.key(info), frame.file());
      }
    }
  }

  /** The selection of the campaign. */
  public Selection selection() {
    return selection;
  }

  /** Frames of the sky in the input. */
  public int scienceFrames() {
    return headers.science().size();
  }

  /** Frames of the sky that are selected. */
  public int selectedFrames() {
    return science.size();
  }

  /** Files that ingest will refuse. */
  public List<String> refused() {
    return headers.refused();
  }

  /** Selected detectors of which nobody knows where they look. */
  public int unplaced() {
    return unplaced;
  }

  /** Quanta of the run by task that have ended well; empty when there is no run. */
  public Map<String, Long> ended() {
    Map<String, Long> out = new HashMap<>();
    if (run != null) {
      for (QuantumRecord record : run.quanta()) {
        if (ENDED.contains(record.getStatus())) {
          String task = CostFit.stage(record.getTask(), DataId.parse(record.getDataId()));
          out.merge(task, 1L, Long::sum);
        }
      }
    }
    return out;
  }

  /** Quanta of tasks of which only pixels tell how many there are, once the run is through. */
  private Map<String, Long> known() {
    Map<String, Long> ended = ended();
    boolean through =
        run != null
            && ended.containsKey("runMetrics")
            && run.quanta().stream()
                .map(QuantumRecord::getStatus)
                .allMatch(status -> ENDED.contains(status) || status == QuantumStatus.SKIPPED);
    Map<String, Long> out = new HashMap<>();
    if (through) {
      for (String task : List.of("measureObjects", "cellCoadd", "releaseTables", "shardRefcat")) {
        out.put(task, ended.getOrDefault(task, 0L));
      }
    }
    return out;
  }

  /** The planner of this campaign. */
  public Planner planner(int threads, double marginArcsec, CostModel costs) {
    VisitSource visits = VisitSource.of(visits());
    Set<String> tasks =
        TaskGraph.all().stream()
            .filter(s -> campaign.steps().contains(s.step()))
            .map(TaskGraph.Stage::name)
            .filter(name -> !TaskGraph.absent(campaign).contains(name))
            .collect(Collectors.toSet());
    return new Planner(
        new Planner.Config(
            threads,
            measured ? 0 : marginArcsec,
            campaign.windows().kind() == CampaignWindows.Kind.MONTH,
            costs.binsPerPatch(),
            known(),
            tasks,
            Set.copyOf(campaign.select().tracts())),
        early(),
        visits);
  }

  private List<PlannedVisit> visits() {
    Map<DataId, List<ObservationInfo>> byVisit = new TreeMap<>();
    for (ObservationInfo info : science) {
      byVisit
          .computeIfAbsent(Step1.key(info).only("instrument", "visit"), k -> new ArrayList<>())
          .add(info);
    }
    List<PlannedVisit> out = new ArrayList<>();
    byVisit.forEach(
        (id, detectors) -> {
          ObservationInfo first = detectors.get(0);
          out.add(
              new PlannedVisit(
                  id.getLong("visit"),
                  first.getInstrument(),
                  band(first),
                  first.getDayObs() / 100,
                  detectors.stream().map(this::outline).toList()));
        });
    return out;
  }

  private static String band(ObservationInfo info) {
    String band = info.getBand();
    return band == null ? info.getPhysicalFilter() : band;
  }

  private Outline outline(ObservationInfo info) {
    DataId key = Step1.key(info);
    ExposureSummary summary = summaries.get(key);
    if (summary != null) {
      return new Outline(
          info.getDetector(),
          Doubles.toArray(summary.getRaCorners()),
          Doubles.toArray(summary.getDecCorners()),
          summary.getWidth() * summary.getHeight() / 1000);
    }
    if (failed.contains(key)) {
      return new Outline(info.getDetector(), new double[0], new double[0], 0);
    }
    measured = false;
    Outline planned = fromHeader(info);
    if (planned == null) {
      unplaced++;
      return new Outline(info.getDetector(), new double[0], new double[0], 0);
    }
    return planned;
  }

  /** From the camera and the commanded pointing, or from the WCS of the file's header. */
  private @Nullable Outline fromHeader(ObservationInfo info) {
    Camera camera = headers.camera();
    Double ra = info.getBoresightRa();
    Double dec = info.getBoresightDec();
    Double rotation = info.getRotSkyPos();
    if (camera != null
        && camera.name().equals(info.getInstrument())
        && ra != null
        && dec != null
        && rotation != null) {
      try {
        var detector = camera.detector(info.getDetector());
        Wcs wcs = new InitialWcs(camera, detector, new SkyPoint(ra, dec), rotation);
        return corners(info.getDetector(), wcs, detector.box());
      } catch (BadInputException e) {
        return null;
      }
    }
    Path file = files.get(Step1.key(info));
    return file == null ? null : fromFile(info, file);
  }

  private static @Nullable Outline fromFile(ObservationInfo info, Path file) {
    try (FitsReader reader = FitsReader.open(file)) {
      for (FitsHdu hdu : reader.hdus()) {
        HeaderView header = reader.mergedHeader(hdu);
        if (hdu.isImage() && !header.stringOr("CTYPE1", "").isEmpty()) {
          return corners(
              info.getDetector(),
              WcsReader.fromHeader(header),
              new Box(0, 0, hdu.width(), hdu.height()));
        }
      }
      return null;
    } catch (BadInputException | IllegalArgumentException e) {
      return null;
    }
  }

  private static Outline corners(int detector, Wcs wcs, Box box) {
    double[] x = {box.x0() - 0.5, box.x1() - 0.5, box.x1() - 0.5, box.x0() - 0.5};
    double[] y = {box.y0() - 0.5, box.y0() - 0.5, box.y1() - 0.5, box.y1() - 0.5};
    double[] ra = new double[4];
    double[] dec = new double[4];
    for (int i = 0; i < 4; i++) {
      SkyPoint p = wcs.toSky(x[i], y[i]);
      ra[i] = p.raDeg();
      dec[i] = p.decDeg();
    }
    return new Outline(detector, ra, dec, (int) (box.area() / 1000));
  }

  private List<Early> early() {
    List<Early> out = new ArrayList<>();
    if (headers.camera() != null) {
      out.add(new Early("ingestCamera", "", 1));
    }
    if (campaign.inputs().mapping() != null) {
      out.add(new Early("ingestMapping", "", 1));
    }
    TreeSet<Long> shards = new TreeSet<>();
    for (Path file : references()) {
      out.add(new Early("ingestRefcat", "name=" + file.getFileName(), kilobytes(file)));
      shards.addAll(IngestRefcatTask.shards(file));
    }
    shards.forEach(s -> out.add(new Early("shardRefcat", "healpix3=" + s, 1)));
    for (FrameHeaders.Frame frame : headers.frames()) {
      out.add(new Early("ingest", "name=" + frame.file().getFileName(), kilobytes(frame.file())));
    }
    headers.refused().forEach(r -> out.add(new Early("ingest", "refused", 1)));
    Map<Calibs.Planned, Integer> frames = new HashMap<>();
    List<Calibs.Planned> order = new ArrayList<>();
    for (FrameHeaders.Frame frame : headers.frames()) {
      for (Calibs.Planned quantum : Calibs.quantaOf(frame.info(), fringes)) {
        if (frames.merge(quantum, 1, Integer::sum) == 1) {
          order.add(quantum);
        }
      }
    }
    for (Calibs.Planned quantum : order) {
      out.add(new Early(quantum.stage(), quantum.id().toString(), n(quantum, frames)));
    }
    return out;
  }

  private int n(Calibs.Planned quantum, Map<Calibs.Planned, Integer> frames) {
    Camera camera = headers.camera();
    if (camera == null || !quantum.id().has("detector")) {
      return 1;
    }
    long pixels = camera.detector(quantum.id().getInt("detector")).box().area();
    CostModel.Driver driver = CostModel.driver(quantum.stage());
    int times =
        driver == CostModel.Driver.KILOPIXELS_OF_FRAMES ? frames.getOrDefault(quantum, 1) : 1;
    return driver == CostModel.Driver.ONE ? 1 : (int) (times * pixels / 1000);
  }

  private List<Path> references() {
    try {
      List<InputFile> all = IngestRefcat.files(input);
      List<Path> out = new ArrayList<>();
      if (all.stream().mapToLong(InputFile::bytes).sum() <= MAX_REFCAT_BYTES) {
        for (InputFile file : all) {
          out.add(file.local());
        }
      }
      return out;
    } catch (IOException e) {
      throw new UserException(ExitCode.INPUTS, "cannot read refcat/ of " + input + ": " + e);
    }
  }

  private static int kilobytes(Path file) {
    try {
      return (int) (Files.size(file) / 1000);
    } catch (IOException e) {
      return 0;
    }
  }
}
