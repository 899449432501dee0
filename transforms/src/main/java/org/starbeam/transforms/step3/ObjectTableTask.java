package org.starbeam.transforms.step3;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.starbeam.association.PrimaryAudit;
import org.starbeam.schema.DatasetRef;
import org.starbeam.schema.IsolatedStarRow;
import org.starbeam.schema.ObjectBand;
import org.starbeam.schema.ObjectParentRow;
import org.starbeam.schema.ObjectRow;
import org.starbeam.transforms.dataset.DatasetTypes;
import org.starbeam.transforms.quantum.Outcome;
import org.starbeam.transforms.quantum.Quantum;
import org.starbeam.transforms.quantum.QuantumContext;
import org.starbeam.transforms.quantum.QuantumTask;
import org.starbeam.transforms.quantum.TaskSpec;

/**
 * The Object table of a tract: the rows of its patches, with the primary flags audited across patch
 * borders and against the rows of neighbouring tracts, and the motions of isolated stars; and the
 * ObjectParent table.
 */
public final class ObjectTableTask implements QuantumTask {
  private static final long serialVersionUID = 1L;

  static final String OWN = "own";
  static final String NEIGHBOUR = "neighbour";

  /** Role of the motions of isolated stars. */
  static final String STARS = "stars";

  @Override
  public TaskSpec spec() {
    return new TaskSpec(
        "objectTable",
        "step3",
        5,
        "{}",
        List.of(
            TaskSpec.InputRule.gather(OWN, 1),
            TaskSpec.InputRule.optional(NEIGHBOUR),
            TaskSpec.InputRule.optional(STARS)),
        List.of(DatasetTypes.OBJECT, DatasetTypes.OBJECT_PARENT));
  }

  @Override
  public Outcome run(Quantum quantum, QuantumContext context) throws Exception {
    List<ObjectRow> own = rows(quantum, context, OWN);
    List<PrimaryAudit.Leaf> leaves = new ArrayList<>();
    own.forEach(row -> add(row, leaves));
    rows(quantum, context, NEIGHBOUR).forEach(row -> add(row, leaves));
    Set<Long> primaries = new PrimaryAudit().primaries(leaves);
    long changed = 0;
    for (ObjectRow row : own) {
      boolean primary = primaries.contains(row.getObjectId());
      changed += primary == Boolean.TRUE.equals(row.getDetectIsPrimary()) ? 0 : 1;
      row.setDetectIsPrimary(primary);
    }
    fillAbsentBands(own);
    own.sort(Comparator.comparingLong(ObjectRow::getObjectId));
    int moving = new ObjectMotions(stars(quantum, context)).join(own);
    List<String> columns = new ArrayList<>(ObjectRows.COLUMNS);
    columns.addAll(ObjectMotions.COLUMNS);
    context.stageTable(DatasetTypes.OBJECT, quantum.dataId(), ObjectRow.class, own, columns);
    List<ObjectParentRow> parents = parents(quantum, context);
    context.stageTable(
        DatasetTypes.OBJECT_PARENT, quantum.dataId(), ObjectParentRow.class, parents, List.of());
    context.metric("rows", own.size());
    context.metric("parents", parents.size());
    context.metric("motions", moving);
    context.metric("primaryChangedByAudit", changed);
    return Outcome.done();
  }

  /** Every row has every band of the tract, so that no flag is null. */
  static void fillAbsentBands(List<ObjectRow> rows) {
    Set<String> bands = new TreeSet<>();
    rows.forEach(row -> bands.addAll(row.getBands().keySet()));
    for (ObjectRow row : rows) {
      if (!row.getBands().keySet().containsAll(bands)) {
        Map<String, ObjectBand> all = new HashMap<>(row.getBands());
        bands.forEach(band -> all.computeIfAbsent(band, b -> ObjectRows.absentBand()));
        row.setBands(all);
      }
    }
  }

  private static List<ObjectRow> rows(Quantum quantum, QuantumContext context, String role)
      throws java.io.IOException {
    List<ObjectRow> out = new ArrayList<>();
    for (DatasetRef ref : quantum.refs(role, DatasetTypes.OBJECT_UNPUBLISHED.name())) {
      out.addAll(context.reader().table(ref, ObjectRow.class));
    }
    return out;
  }

  private static List<ObjectParentRow> parents(Quantum quantum, QuantumContext context)
      throws java.io.IOException {
    List<ObjectParentRow> out = new ArrayList<>();
    for (DatasetRef ref : quantum.refs(OWN, DatasetTypes.OBJECT_PARENT_UNPUBLISHED.name())) {
      out.addAll(context.reader().table(ref, ObjectParentRow.class));
    }
    out.sort(Comparator.comparingLong(ObjectParentRow::getObjectParentId));
    return out;
  }

  private static List<IsolatedStarRow> stars(Quantum quantum, QuantumContext context)
      throws java.io.IOException {
    List<IsolatedStarRow> out = new ArrayList<>();
    for (DatasetRef ref : quantum.refs(STARS, DatasetTypes.ISOLATED_STAR.name())) {
      out.addAll(context.reader().table(ref, IsolatedStarRow.class));
    }
    return out;
  }

  private static void add(ObjectRow row, List<PrimaryAudit.Leaf> leaves) {
    boolean leaf = Boolean.TRUE.equals(row.getDetectIsDeblendedSource());
    if (leaf && row.getCoordRa() != null && row.getCoordDec() != null) {
      leaves.add(
          new PrimaryAudit.Leaf(
              row.getObjectId(),
              Math.toIntExact(row.getTract()),
              Math.toIntExact(row.getPatch()),
              row.getCoordRa(),
              row.getCoordDec(),
              Boolean.TRUE.equals(row.getDetectIsPrimary())));
    }
  }
}
