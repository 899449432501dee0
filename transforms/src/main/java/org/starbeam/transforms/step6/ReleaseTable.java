package org.starbeam.transforms.step6;

import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import org.apache.avro.Schema;
import org.apache.avro.specific.SpecificData;
import org.apache.avro.specific.SpecificRecord;
import org.starbeam.schema.CcdVisitRow;
import org.starbeam.schema.DiaObjectRow;
import org.starbeam.schema.DiaSourceRow;
import org.starbeam.schema.ForcedSourceOnDiaObjectRow;
import org.starbeam.schema.ForcedSourceRow;
import org.starbeam.schema.IsolatedStarRow;
import org.starbeam.schema.ObjectParentRow;
import org.starbeam.schema.ObjectRow;
import org.starbeam.schema.SourceRow;
import org.starbeam.schema.VisitRow;
import org.starbeam.sky.Healpix;
import org.starbeam.transforms.dataset.DatasetType;
import org.starbeam.transforms.dataset.DatasetTypes;
import org.starbeam.transforms.dataset.TableSchemas;

/**
 * The tables of a release: which parts they are made of, where their rows are on the sky, and how
 * they are sorted.
 */
public enum ReleaseTable {
  OBJECT("Object", ObjectRow.class, DatasetTypes.OBJECT, "coord_ra", "coord_dec", "objectId"),
  OBJECT_PARENT(
      "ObjectParent",
      ObjectParentRow.class,
      DatasetTypes.OBJECT_PARENT,
      "coord_ra",
      "coord_dec",
      "objectParentId"),
  ISOLATED_STAR(
      "IsolatedStar",
      IsolatedStarRow.class,
      DatasetTypes.ISOLATED_STAR,
      "ra",
      "dec",
      "isolatedStarId"),
  SOURCE("Source", SourceRow.class, DatasetTypes.SOURCE_DETECTOR, "ra", "dec", "sourceId"),
  FORCED_SOURCE(
      "ForcedSource",
      ForcedSourceRow.class,
      DatasetTypes.FORCED_SOURCE_DETECTOR,
      "coord_ra",
      "coord_dec",
      "objectId",
      "visit",
      "detector"),
  DIA_SOURCE("DiaSource", DiaSourceRow.class, DatasetTypes.DIA_SOURCE, "ra", "dec", "diaSourceId"),
  DIA_OBJECT("DiaObject", DiaObjectRow.class, DatasetTypes.DIA_OBJECT, "ra", "dec", "diaObjectId"),
  FORCED_SOURCE_ON_DIA_OBJECT(
      "ForcedSourceOnDiaObject",
      ForcedSourceOnDiaObjectRow.class,
      DatasetTypes.FORCED_SOURCE_ON_DIA_OBJECT_DETECTOR,
      "coord_ra",
      "coord_dec",
      "diaObjectId",
      "visit",
      "detector"),
  VISIT("Visit", VisitRow.class, DatasetTypes.VISIT_TABLE, "ra", "dec", "visit"),
  CCD_VISIT("CcdVisit", CcdVisitRow.class, DatasetTypes.CCD_VISIT, "ra", "dec", "ccdVisitId");

  /** Alias of the table of isolated stars. */
  public static final String STAR = "Star";

  private static final Healpix FINEST = new Healpix(29);

  private final String tableName;
  private final Class<? extends SpecificRecord> rowClass;
  private final DatasetType part;
  private final List<String> position;
  private final int ra;
  private final int dec;
  private final List<String> keyFields;
  private final int[] key;

  ReleaseTable(
      String tableName,
      Class<? extends SpecificRecord> rowClass,
      DatasetType part,
      String raField,
      String decField,
      String... keyFields) {
    this.tableName = tableName;
    this.rowClass = rowClass;
    this.part = part;
    Schema schema = SpecificData.get().getSchema(rowClass);
    this.position = List.of(raField, decField);
    this.ra = schema.getField(raField).pos();
    this.dec = schema.getField(decField).pos();
    this.keyFields = List.of(keyFields);
    this.key = Arrays.stream(keyFields).mapToInt(f -> schema.getField(f).pos()).toArray();
  }

  /** Name as users know it. */
  public String tableName() {
    return tableName;
  }

  /** Names of the columns of the right ascension and the declination by which it is packed. */
  public List<String> position() {
    return position;
  }

  /** True when each row is of one place or thing, false when it is of one moment of it. */
  public boolean isOfObjects() {
    return switch (this) {
      case SOURCE, FORCED_SOURCE, DIA_SOURCE, FORCED_SOURCE_ON_DIA_OBJECT -> false;
      default -> true;
    };
  }

  /** Names of the columns of the primary key. */
  public List<String> key() {
    return keyFields;
  }

  /** The columns that the table can have; those of bands for each of these bands. */
  public List<TableSchemas.Column> columns(List<String> bands) {
    return TableSchemas.columns(SpecificData.get().getSchema(rowClass), bands);
  }

  /**
   * The name of the table that a user means, where neither case nor underscores between words
   * matter: {@code object_parent} is ObjectParent, {@code Star} is IsolatedStar.
   */
  public static String nameOf(String nameOrAlias) {
    String plain = nameOrAlias.replace("_", "");
    return plain.equalsIgnoreCase(STAR)
        ? ISOLATED_STAR.tableName
        : Arrays.stream(values())
            .map(t -> t.tableName)
            .filter(plain::equalsIgnoreCase)
            .findFirst()
            .orElse(nameOrAlias);
  }

  /** The table of a name, case matters; empty for a table that is no part of a release. */
  public static Optional<ReleaseTable> find(String tableName) {
    return Arrays.stream(values()).filter(t -> t.tableName.equals(tableName)).findFirst();
  }

  Class<? extends SpecificRecord> rowClass() {
    return rowClass;
  }

  static ReleaseTable named(String name) {
    return find(name).orElseThrow();
  }

  /** The table that a dataset type is a part of. */
  static Optional<ReleaseTable> ofPart(String datasetType) {
    return Arrays.stream(values()).filter(t -> t.partTypes().contains(datasetType)).findFirst();
  }

  /** Types of the datasets that hold its rows; differences of a night are not associated. */
  List<String> partTypes() {
    return this == DIA_SOURCE
        ? List.of(part.name(), DatasetTypes.DIA_SOURCE_DETECTOR.name())
        : List.of(part.name());
  }

  /** True when a row has a finite position. */
  boolean hasPosition(SpecificRecord row) {
    return row.get(ra) instanceof Double a
        && row.get(dec) instanceof Double d
        && Double.isFinite(a)
        && Double.isFinite(d);
  }

  double ra(SpecificRecord row) {
    return (Double) row.get(ra);
  }

  double dec(SpecificRecord row) {
    return (Double) row.get(dec);
  }

  /** Nested HEALPix index at order 29 of a row's position. */
  long healpix29(SpecificRecord row) {
    return FINEST.pixel(ra(row), dec(row));
  }

  /** Order of the rows of a partition: position, then the primary key. */
  Comparator<SpecificRecord> order() {
    Comparator<SpecificRecord> order = Comparator.comparingLong(this::healpix29);
    for (int field : key) {
      order =
          order.thenComparingLong(row -> row.get(field) instanceof Number n ? n.longValue() : 0);
    }
    return order;
  }
}
