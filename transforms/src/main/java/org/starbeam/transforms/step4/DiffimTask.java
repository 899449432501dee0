package org.starbeam.transforms.step4;

import java.io.Serializable;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.starbeam.difference.AlardLuptonSolver.Solution;
import org.starbeam.difference.AlardLuptonSolver.Stamp;
import org.starbeam.difference.DiaMeasurer;
import org.starbeam.difference.DiaMeasurer.DiaSource;
import org.starbeam.difference.ImageSubtractor;
import org.starbeam.difference.ImageSubtractor.Difference;
import org.starbeam.difference.ImageSubtractor.Exposure;
import org.starbeam.difference.ReliabilityModel;
import org.starbeam.difference.TemplateBuilder;
import org.starbeam.difference.TemplateBuilder.Template;
import org.starbeam.fits.FitsTable;
import org.starbeam.fits.ImageFile;
import org.starbeam.image.Box;
import org.starbeam.image.MaskedImage;
import org.starbeam.measurement.ApertureCorrections;
import org.starbeam.schema.DatasetRef;
import org.starbeam.schema.DiaSourceFeatures;
import org.starbeam.schema.DiaSourceRow;
import org.starbeam.schema.ExposureSummary;
import org.starbeam.schema.SourceRow;
import org.starbeam.transforms.dataset.Configs;
import org.starbeam.transforms.dataset.DataId;
import org.starbeam.transforms.dataset.DatasetTypes;
import org.starbeam.transforms.dataset.IdPacker;
import org.starbeam.transforms.quantum.Outcome;
import org.starbeam.transforms.quantum.Quantum;
import org.starbeam.transforms.quantum.QuantumContext;
import org.starbeam.transforms.quantum.QuantumTask;
import org.starbeam.transforms.quantum.TaskSpec;
import org.starbeam.transforms.step1.FrameIds;
import org.starbeam.warp.LanczosWarper;

/**
 * Difference image and DiaSource rows of one detector of a visit (specs/03 sections 6 and 7):
 * template from all patches, matching kernel on the visit's own stars, subtraction, decorrelation,
 * detection and measurement. A detector without a template in its band is no work.
 */
public final class DiffimTask implements QuantumTask {
  private static final long serialVersionUID = 1L;

  static final String NAME = "diffim";

  /** Role of the final visit, with its summary. */
  static final String VISIT = "visit";

  /** Role of the template coadds of the patches under the detector. */
  static final String TEMPLATE = "template";

  /** Card of the difference image: true noise of point-source fluxes over the stated one. */
  public static final String NOISE_SCALE = "DIFFNOIS";

  /**
   * @param template how the template is built
   * @param subtraction kernel, direction, decorrelation
   * @param measurement detection and measurement on the difference
   * @param maxSources more sources than this are withheld: the subtraction is bad
   */
  public record Config(
      TemplateBuilder.Config template,
      ImageSubtractor.Config subtraction,
      DiaMeasurer.Config measurement,
      int maxSources)
      implements Serializable {
    public static Config defaults() {
      return new Config(
          TemplateBuilder.Config.defaults(),
          ImageSubtractor.Config.defaults(),
          DiaMeasurer.Config.defaults(),
          5000);
    }
  }

  private static final ReliabilityModel RELIABILITY = ReliabilityModel.standard();

  private final Config config;

  public DiffimTask(Config config) {
    this.config = config;
  }

  @Override
  public TaskSpec spec() {
    return new TaskSpec(
        NAME,
        "step4",
        7,
        Configs.json(config),
        List.of(TaskSpec.InputRule.required(VISIT), TaskSpec.InputRule.gather(TEMPLATE, 1)),
        List.of(
            DatasetTypes.DIFFERENCE_IMAGE,
            DatasetTypes.DIA_SOURCE_DETECTOR,
            DatasetTypes.DIA_SOURCE_FEATURES));
  }

  @Override
  public Outcome run(Quantum quantum, QuantumContext context) throws Exception {
    ExposureSummary summary = VisitImage.summary(quantum, VISIT);
    VisitImage visit =
        VisitImage.read(context.reader().path(quantum.ref(VISIT, DatasetTypes.VISIT_IMAGE.name())));
    List<SourceRow> sources =
        context
            .reader()
            .table(quantum.ref(VISIT, DatasetTypes.SOURCE_DETECTOR.name()), SourceRow.class);
    Template template =
        template(
            config,
            context,
            summary.getVisit(),
            visit,
            quantum.refs(TEMPLATE, DatasetTypes.TEMPLATE_COADD.name()));
    context.checkCancelled();
    List<Stamp> stars = KernelStars.choose(sources);
    Difference difference =
        new ImageSubtractor(config.subtraction())
            .subtract(
                visit.exposure(),
                new Exposure(template.pixels(), template.psf()),
                template.noise(),
                stars);
    context.checkCancelled();
    List<DiaSource> found =
        new DiaMeasurer(config.measurement(), RELIABILITY).measure(difference, visit.exposure());
    if (found.size() > config.maxSources()) {
      context.caveat(
          QuantumContext.Caveat.PARTIAL_OUTPUTS,
          found.size()
              + " sources on the difference, at most "
              + config.maxSources()
              + " are believed; the subtraction is bad and none is kept");
      found = List.of();
    }
    write(quantum.dataId(), context, summary, visit, difference, found);
    metrics(context, template, difference, found.size());
    return Outcome.done(summary);
  }

  private static Template template(
      Config config,
      QuantumContext context,
      long visitId,
      VisitImage visit,
      List<DatasetRef> refs) {
    TemplateBuilder builder =
        new TemplateBuilder(config.template(), new LanczosWarper(LanczosWarper.Config.defaults()));
    Box box = visit.file().image().box();
    return builder.build(
        box,
        visit.wcs(),
        TemplatePieces.read(context, refs, visitId, box, visit.wcs(), 2 * builder.margin()));
  }

  private static void write(
      DataId id,
      QuantumContext context,
      ExposureSummary summary,
      VisitImage visit,
      Difference difference,
      List<DiaSource> found)
      throws Exception {
    String name = id.get("visit") + "/" + id.get("detector") + "/difference";
    ImageFile file = imageFile(visit, difference);
    ImageFile.Form form =
        ImageFile.Form.quantised(skySigma(difference.image()), difference.image(), name);
    context.stageFile(DatasetTypes.DIFFERENCE_IMAGE, id, path -> file.write(path, form));
    FrameIds ids = FrameIds.of(summary, context);
    DiaSourceRows rows =
        new DiaSourceRows(
            summary,
            visit,
            difference.mode().name(),
            RELIABILITY.version(),
            i -> ids.source(IdPacker.FIRST_DIA_SOURCE_COUNTER + i));
    context.stageTable(
        DatasetTypes.DIA_SOURCE_DETECTOR,
        id,
        DiaSourceRow.class,
        rows.rows(found),
        DiaSourceRows.COLUMNS);
    context.stageTable(
        DatasetTypes.DIA_SOURCE_FEATURES,
        id,
        DiaSourceFeatures.class,
        rows.features(found, RELIABILITY),
        List.of());
  }

  private static ImageFile imageFile(VisitImage visit, Difference difference) {
    Solution solution = difference.solution();
    Map<String, Object> cards = new LinkedHashMap<>(visit.file().cards());
    cards.put("DIFFMODE", difference.mode().name());
    cards.put("DIFFKSUM", solution.kernelSum());
    cards.put("DIFFKSIG", solution.sumScatter());
    cards.put("DIFFCOND", solution.condition());
    cards.put("DIFFNST", solution.used());
    cards.put("DIFFNREJ", solution.rejected());
    cards.put("DIFFRMS", solution.rms());
    cards.put(NOISE_SCALE, difference.noiseScale());
    List<FitsTable> tables = new java.util.ArrayList<>();
    tables.add(difference.psf().toTable());
    visit.file().table(ApertureCorrections.TABLE).ifPresent(tables::add);
    return new ImageFile(difference.image(), cards, visit.file().wcs(), tables);
  }

  private static double skySigma(MaskedImage image) {
    float[] variance = image.variance().toArray();
    Arrays.sort(variance);
    float median = variance[variance.length / 2];
    return Float.isFinite(median) ? Math.sqrt(median) : 0;
  }

  private static void metrics(
      QuantumContext context, Template template, Difference difference, int found) {
    context.metric("templateCoverage", template.coverage());
    context.metric("templateTracts", template.tracts().size());
    context.metric("kernelSum", difference.solution().kernelSum());
    context.metric("kernelCondition", difference.solution().condition());
    context.metric("kernelStars", difference.solution().used());
    context.metric("kernelRms", difference.solution().rms());
    context.metric("noiseScale", difference.noiseScale());
    context.metric("diaSources", found);
  }
}
