package org.starbeam.pipelines.export;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import javax.xml.stream.XMLOutputFactory;
import javax.xml.stream.XMLStreamException;
import javax.xml.stream.XMLStreamWriter;

/**
 * What a VOTable 1.4 says of its one table: frame and time scale, and unit, UCD and description of
 * each column.
 *
 * @param table name of the table
 * @param place columns of a row's right ascension and declination; empty when it has none
 */
record VoTableHead(String table, List<String> place) {
  /** Version 1.4 has the name space of 1.3. */
  private static final String NAMESPACE = "http://www.ivoa.net/xml/VOTable/v1.3";

  /**
   * A VOTable without data, as the metadata of a Parquet file carries it (IVOA note VOParquet 1.0,
   * key {@code IVOA.VOTable-Parquet.content}).
   */
  String alone(List<TableColumn> columns, Map<String, String> information) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try {
      XMLStreamWriter xml =
          XMLOutputFactory.newDefaultFactory().createXMLStreamWriter(out, "UTF-8");
      begin(xml, information);
      for (TableColumn column : columns) {
        field(xml, column, false);
      }
      end(xml);
      xml.close();
    } catch (XMLStreamException e) {
      throw new IllegalStateException(e);
    }
    return out.toString(StandardCharsets.UTF_8);
  }

  /** Writes what comes before the columns. */
  void begin(XMLStreamWriter xml, Map<String, String> information) throws XMLStreamException {
    xml.writeStartDocument("UTF-8", "1.0");
    xml.writeCharacters("\n");
    start(xml, "VOTABLE", attributes("version", "1.4", "xmlns", NAMESPACE));
    start(xml, "RESOURCE", Map.of("type", "results"));
    for (Map.Entry<String, String> info : information.entrySet()) {
      empty(xml, "INFO", attributes("name", info.getKey(), "value", info.getValue()));
    }
    empty(xml, "COOSYS", attributes("ID", "icrs", "system", "ICRS"));
    empty(
        xml,
        "TIMESYS",
        attributes(
            "ID",
            "tai",
            "timeorigin",
            "MJD-origin",
            "timescale",
            "TAI",
            "refposition",
            "TOPOCENTER"));
    start(xml, "TABLE", Map.of("name", table));
  }

  /** Ends table and document. */
  static void end(XMLStreamWriter xml) throws XMLStreamException {
    xml.writeEndElement();
    xml.writeEndElement();
    xml.writeEndElement();
    xml.writeEndDocument();
  }

  /**
   * Writes what is said of a column.
   *
   * @param wide true for text with other characters than ASCII
   */
  void field(XMLStreamWriter xml, TableColumn column, boolean wide) throws XMLStreamException {
    VoTableExport.Type type = VoTableExport.Type.of(column.type());
    Map<String, String> attributes = attributes("name", column.name());
    attributes.put("datatype", wide ? "unicodeChar" : type.datatype);
    if (type == VoTableExport.Type.TEXT) {
      attributes.put("arraysize", "*");
    }
    if (!column.unit().isEmpty()) {
      attributes.put("unit", unit(column.unit()));
    }
    String ucd = Ucd.of(table, column.name(), column.unit(), place.contains(column.name()));
    if (ucd != null) {
      attributes.put("ucd", ucd);
      if (ucd.startsWith("pos.eq")) {
        attributes.put("ref", "icrs");
      } else if (ucd.equals("time.epoch")) {
        attributes.put("ref", "tai");
      }
    }
    if (column.description().isEmpty()) {
      empty(xml, "FIELD", attributes);
      return;
    }
    start(xml, "FIELD", attributes);
    xml.writeStartElement("DESCRIPTION");
    xml.writeCharacters(plain(column.description()));
    xml.writeEndElement();
    xml.writeEndElement();
    xml.writeCharacters("\n");
  }

  /** A unit as VOUnits 1.0 has it: what it does not know is in quotes. */
  private static String unit(String unit) {
    return unit.replaceAll("\\b(electron|degC|percent)\\b", "'$1'");
  }

  private static Map<String, String> attributes(String... namesAndValues) {
    Map<String, String> out = new LinkedHashMap<>();
    for (int i = 0; i < namesAndValues.length; i += 2) {
      out.put(namesAndValues[i], namesAndValues[i + 1]);
    }
    return out;
  }

  static void start(XMLStreamWriter xml, String name, Map<String, String> attributes)
      throws XMLStreamException {
    xml.writeStartElement(name);
    write(xml, attributes);
    xml.writeCharacters("\n");
  }

  private static void empty(XMLStreamWriter xml, String name, Map<String, String> attributes)
      throws XMLStreamException {
    xml.writeEmptyElement(name);
    write(xml, attributes);
    xml.writeCharacters("\n");
  }

  private static void write(XMLStreamWriter xml, Map<String, String> attributes)
      throws XMLStreamException {
    for (Map.Entry<String, String> attribute : attributes.entrySet()) {
      xml.writeAttribute(attribute.getKey(), plain(attribute.getValue()));
    }
  }

  /** A text without the characters that XML cannot have. */
  private static String plain(String text) {
    return text.replaceAll("[\\x00-\\x08\\x0B\\x0C\\x0E-\\x1F\\uFFFE\\uFFFF]", "?");
  }
}
