package org.starbeam.transforms.step5;

import java.util.List;
import org.starbeam.schema.ForcedSourceRow;
import org.starbeam.transforms.dataset.DatasetTypes;
import org.starbeam.transforms.quantum.QuantumContext;

/** Rows of ForcedSource of one detector of a visit: every primary object on it. */
public final class ForcedOnObjectsTask extends ForcedTask<ForcedSourceRow> {
  private static final long serialVersionUID = 1L;

  static final String NAME = "forcedOnObjects";

  public ForcedOnObjectsTask(ForcedConfig config) {
    super(config, NAME, 2, DatasetTypes.OBJECT, DatasetTypes.FORCED_SOURCE_DETECTOR);
  }

  @Override
  Class<ForcedSourceRow> rowClass() {
    return ForcedSourceRow.class;
  }

  @Override
  List<String> idColumns() {
    return List.of("objectId", "parentObjectId");
  }

  @Override
  ForcedSourceRow row(ForcedPlaces.Entry place) {
    ForcedSourceRow row = new ForcedSourceRow();
    row.setObjectId(place.id());
    row.setParentObjectId(place.parent());
    return row;
  }

  @Override
  QuantumContext.DatasetReader.Loader<ForcedPlaces> reader() {
    return ForcedPlaces::ofObjects;
  }
}
