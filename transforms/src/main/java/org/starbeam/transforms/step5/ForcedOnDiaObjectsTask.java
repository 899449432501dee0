package org.starbeam.transforms.step5;

import java.util.List;
import org.starbeam.schema.ForcedSourceOnDiaObjectRow;
import org.starbeam.transforms.dataset.DatasetTypes;
import org.starbeam.transforms.quantum.QuantumContext;

/** Rows of ForcedSourceOnDiaObject of one detector of a visit: every DiaObject on it. */
public final class ForcedOnDiaObjectsTask extends ForcedTask<ForcedSourceOnDiaObjectRow> {
  private static final long serialVersionUID = 1L;

  static final String NAME = "forcedOnDiaObjects";

  public ForcedOnDiaObjectsTask(ForcedConfig config) {
    super(
        config,
        NAME,
        1,
        DatasetTypes.DIA_OBJECT_UNPUBLISHED,
        DatasetTypes.FORCED_SOURCE_ON_DIA_OBJECT_DETECTOR);
  }

  @Override
  Class<ForcedSourceOnDiaObjectRow> rowClass() {
    return ForcedSourceOnDiaObjectRow.class;
  }

  @Override
  List<String> idColumns() {
    return List.of("diaObjectId");
  }

  @Override
  ForcedSourceOnDiaObjectRow row(ForcedPlaces.Entry place) {
    ForcedSourceOnDiaObjectRow row = new ForcedSourceOnDiaObjectRow();
    row.setDiaObjectId(place.id());
    return row;
  }

  @Override
  QuantumContext.DatasetReader.Loader<ForcedPlaces> reader() {
    return ForcedPlaces::ofDiaObjects;
  }
}
