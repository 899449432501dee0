package org.starbeam.pipelines.export;

import java.io.ByteArrayInputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import javax.xml.parsers.DocumentBuilderFactory;
import javax.xml.parsers.ParserConfigurationException;
import org.w3c.dom.Document;
import org.w3c.dom.Element;
import org.w3c.dom.NodeList;
import org.xml.sax.SAXException;

/**
 * A table read by the letter of VOTable 1.4, section 5.4 (BINARY2): attributes of its fields, and
 * rows with null for what is marked as missing.
 */
record VoTable(Map<String, Map<String, String>> fields, List<Map<String, Object>> rows) {
  static VoTable read(Path file) throws IOException, SAXException, ParserConfigurationException {
    Document document =
        DocumentBuilderFactory.newDefaultInstance().newDocumentBuilder().parse(file.toFile());
    Map<String, Map<String, String>> fields = new LinkedHashMap<>();
    NodeList elements = document.getElementsByTagName("FIELD");
    for (int i = 0; i < elements.getLength(); i++) {
      Element element = (Element) elements.item(i);
      Map<String, String> attributes = new LinkedHashMap<>();
      for (int k = 0; k < element.getAttributes().getLength(); k++) {
        attributes.put(
            element.getAttributes().item(k).getNodeName(),
            element.getAttributes().item(k).getNodeValue());
      }
      attributes.put("DESCRIPTION", element.getTextContent().strip());
      fields.put(element.getAttribute("name"), attributes);
    }
    Element stream = (Element) document.getElementsByTagName("STREAM").item(0);
    byte[] bytes =
        stream == null ? new byte[0] : Base64.getMimeDecoder().decode(stream.getTextContent());
    return new VoTable(fields, rows(bytes, fields));
  }

  private static List<Map<String, Object>> rows(
      byte[] bytes, Map<String, Map<String, String>> fields) throws IOException {
    List<Map<String, Object>> rows = new ArrayList<>();
    ByteArrayInputStream all = new ByteArrayInputStream(bytes);
    DataInputStream in = new DataInputStream(all);
    while (all.available() > 0) {
      byte[] missing = in.readNBytes((fields.size() + 7) / 8);
      Map<String, Object> row = new LinkedHashMap<>();
      int i = 0;
      for (Map.Entry<String, Map<String, String>> field : fields.entrySet()) {
        Object value = value(in, field.getValue());
        boolean isMissing = (missing[i / 8] >> (7 - i % 8) & 1) == 1;
        row.put(field.getKey(), isMissing ? null : value);
        i++;
      }
      rows.add(row);
    }
    return rows;
  }

  private static Object value(DataInputStream in, Map<String, String> field) throws IOException {
    return switch (field.get("datatype")) {
      case "boolean" -> in.readByte() == 'T';
      case "short" -> in.readShort();
      case "int" -> in.readInt();
      case "long" -> in.readLong();
      case "float" -> in.readFloat();
      case "double" -> in.readDouble();
      case "char" -> new String(in.readNBytes(in.readInt()), StandardCharsets.US_ASCII);
      case "unicodeChar" -> new String(in.readNBytes(2 * in.readInt()), StandardCharsets.UTF_16BE);
      default -> throw new IOException(field.toString());
    };
  }
}
