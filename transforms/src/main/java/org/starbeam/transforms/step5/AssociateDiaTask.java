package org.starbeam.transforms.step5;

import java.io.IOException;
import java.io.Serializable;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import org.starbeam.association.DiaSourceAssociator;
import org.starbeam.association.DiaSourceAssociator.Detection;
import org.starbeam.association.DiaSourceAssociator.DiaGroup;
import org.starbeam.schema.DatasetRef;
import org.starbeam.schema.DiaObjectRow;
import org.starbeam.schema.DiaSourceRow;
import org.starbeam.transforms.dataset.Configs;
import org.starbeam.transforms.dataset.DatasetTypes;
import org.starbeam.transforms.quantum.Outcome;
import org.starbeam.transforms.quantum.Quantum;
import org.starbeam.transforms.quantum.QuantumContext;
import org.starbeam.transforms.quantum.QuantumTask;
import org.starbeam.transforms.quantum.TaskSpec;
import org.starbeam.transforms.step4.DiaSourceRows;

/**
 * DiaObjects that one HEALPix pixel of order 8 owns, from the DiaSources of all visits in it and in
 * its halo (specs/03 section 8.1), and the rows of DiaSource with the ids of their objects. Pixels
 * together have every object and every DiaSource once. Moving sources, which trail by more than
 * three arcsec, belong to no object.
 */
public final class AssociateDiaTask implements QuantumTask {
  private static final long serialVersionUID = 1L;

  static final String NAME = "associateDia";

  /** Role of the differences. */
  static final String DIFFERENCE = "difference";

  /** Columns of the DiaSources with their objects. */
  private static final List<String> SOURCE_COLUMNS = sourceColumns();

  /**
   * @param association radius of an object, what is taken for a moving source
   * @param maxTrailArcsec a moving candidate with a longer trail belongs to no object
   */
  public record Config(DiaSourceAssociator.Config association, double maxTrailArcsec)
      implements Serializable {
    public static Config defaults() {
      return new Config(DiaSourceAssociator.Config.defaults(), 3);
    }
  }

  private final Config config;

  public AssociateDiaTask(Config config) {
    this.config = config;
  }

  private static List<String> sourceColumns() {
    List<String> out = new ArrayList<>(DiaSourceRows.COLUMNS);
    out.add("coord_ra");
    out.add("coord_dec");
    return List.copyOf(out);
  }

  @Override
  public TaskSpec spec() {
    return new TaskSpec(
        NAME,
        "step5",
        2,
        Configs.json(config),
        List.of(TaskSpec.InputRule.gather(DIFFERENCE, 1)),
        List.of(DatasetTypes.DIA_SOURCE, DatasetTypes.DIA_OBJECT_UNPUBLISHED));
  }

  @Override
  public Outcome run(Quantum quantum, QuantumContext context) throws Exception {
    long pixel = quantum.dataId().getLong("healpix8");
    List<DiaSourceRow> seen = seen(quantum, context, pixel);
    List<DiaSourceRow> candidates = seen.stream().filter(this::mayBeOfAnObject).toList();
    List<DiaGroup> groups =
        new DiaSourceAssociator(config.association())
            .associate(candidates.stream().map(AssociateDiaTask::detection).toList());
    List<DiaSourceRow> sources = new ArrayList<>();
    seen.stream().filter(row -> !mayBeOfAnObject(row) && isIn(pixel, row)).forEach(sources::add);
    List<DiaObjectRow> objects = new ArrayList<>();
    int cut = 0;
    for (DiaGroup group : groups) {
      if (isIn(pixel, candidates.get(group.owner()))) {
        List<DiaSourceRow> members =
            Arrays.stream(group.members()).mapToObj(candidates::get).toList();
        DiaObjectRow object = DiaObjectRows.row(context.release(), group, members);
        for (DiaSourceRow member : members) {
          member.setDiaObjectId(object.getDiaObjectId());
          member.setCoordRa(object.getRa());
          member.setCoordDec(object.getDec());
        }
        objects.add(object);
        sources.addAll(members);
        cut += group.cut() ? 1 : 0;
      }
    }
    stage(quantum, context, sources, objects);
    context.metric("diaSources", sources.size());
    context.metric("diaObjects", objects.size());
    context.metric("diaObjectsOfCutChains", cut);
    return Outcome.done();
  }

  private static void stage(
      Quantum quantum,
      QuantumContext context,
      List<DiaSourceRow> sources,
      List<DiaObjectRow> objects)
      throws IOException {
    sources.sort(Comparator.comparingLong(DiaSourceRow::getDiaSourceId));
    objects.sort(Comparator.comparingLong(DiaObjectRow::getDiaObjectId));
    DiaObjectRows.fillAbsentBands(objects, List.of());
    context.stageTable(
        DatasetTypes.DIA_SOURCE, quantum.dataId(), DiaSourceRow.class, sources, SOURCE_COLUMNS);
    context.stageTable(
        DatasetTypes.DIA_OBJECT_UNPUBLISHED,
        quantum.dataId(),
        DiaObjectRow.class,
        objects,
        DiaObjectRows.FROM_SOURCES);
  }

  private static List<DiaSourceRow> seen(Quantum quantum, QuantumContext context, long pixel)
      throws IOException {
    List<DiaSourceRow> out = new ArrayList<>();
    for (DatasetRef ref : quantum.refs(DIFFERENCE, DatasetTypes.DIA_SOURCE_DETECTOR.name())) {
      for (DiaSourceRow row : context.reader().table(ref, DiaSourceRow.class)) {
        if (DiaPixels.sees(pixel, row.getRa(), row.getDec())) {
          out.add(row);
        }
      }
      context.checkCancelled();
    }
    return out;
  }

  boolean mayBeOfAnObject(DiaSourceRow row) {
    boolean trails = row.getTrailLength() != null && row.getTrailLength() > config.maxTrailArcsec;
    return !(Boolean.TRUE.equals(row.getMovingCandidate()) && trails);
  }

  private static boolean isIn(long pixel, DiaSourceRow row) {
    return DiaPixels.of(row.getRa(), row.getDec()) == pixel;
  }

  private static Detection detection(DiaSourceRow row) {
    return new Detection(
        row.getDiaSourceId(),
        row.getVisit(),
        row.getMidpointMjdTai(),
        row.getRa(),
        row.getDec(),
        DiaObjectRows.number(row.getRaErr()),
        DiaObjectRows.number(row.getDecErr()));
  }
}
