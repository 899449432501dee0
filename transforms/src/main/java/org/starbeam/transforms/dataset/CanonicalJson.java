package org.starbeam.transforms.dataset;

import com.fasterxml.jackson.annotation.JsonAutoDetect.Visibility;
import com.fasterxml.jackson.annotation.PropertyAccessor;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.io.JsonStringEncoder;
import com.fasterxml.jackson.databind.DeserializationContext;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.MapperFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.deser.std.StdDeserializer;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.module.SimpleModule;
import java.io.IOException;
import java.math.BigDecimal;
import java.math.MathContext;
import java.math.RoundingMode;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Iterator;
import java.util.List;
import java.util.Map;

/**
 * JSON in canonical form: keys sorted, no white space, numbers in the shortest form that reads back
 * to the same value (RFC 8785). Records and generated Avro records are written by their fields. A
 * number that is not finite is written as null, and a null read into a primitive number is NaN.
 */
public final class CanonicalJson {
  private static final ObjectMapper MAPPER = mapper();

  private CanonicalJson() {}

  private static ObjectMapper mapper() {
    SimpleModule numbers = new SimpleModule("starbeam-numbers");
    numbers.addDeserializer(double.class, new NullIsNan<>(double.class, Double.NaN));
    numbers.addDeserializer(float.class, new NullIsNan<>(float.class, Float.NaN));
    numbers.addDeserializer(double[].class, new DoubleArray());
    numbers.addDeserializer(float[].class, new FloatArray());
    return JsonMapper.builder()
        .addModule(numbers)
        .visibility(PropertyAccessor.ALL, Visibility.NONE)
        .visibility(PropertyAccessor.FIELD, Visibility.ANY)
        .visibility(PropertyAccessor.CREATOR, Visibility.ANY)
        .enable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
        .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
        .disable(DeserializationFeature.ACCEPT_FLOAT_AS_INT)
        .disable(MapperFeature.ALLOW_COERCION_OF_SCALARS)
        .enable(MapperFeature.ACCEPT_CASE_INSENSITIVE_ENUMS)
        .disable(SerializationFeature.FAIL_ON_EMPTY_BEANS)
        .build();
  }

  /** The document as a tree; NaN and infinities stay numbers until they are written. */
  public static JsonNode tree(Object document) {
    return MAPPER.valueToTree(document);
  }

  public static <T> T read(String json, Class<T> type) throws JsonProcessingException {
    return MAPPER.readValue(json, type);
  }

  public static <T> T read(JsonNode tree, Class<T> type) throws JsonProcessingException {
    return MAPPER.treeToValue(tree, type);
  }

  public static JsonNode parse(String json) throws JsonProcessingException {
    return MAPPER.readTree(json);
  }

  /** Canonical text of a record, a map, a list or a tree. */
  public static String write(Object document) {
    StringBuilder out = new StringBuilder();
    append(document instanceof JsonNode node ? node : tree(document), out);
    return out.toString();
  }

  private static void append(JsonNode node, StringBuilder out) {
    switch (node.getNodeType()) {
      case OBJECT -> appendObject(node, out);
      case ARRAY -> appendArray(node, out);
      case STRING, BINARY -> appendString(node.asText(), out);
      case BOOLEAN -> out.append(node.booleanValue());
      case NUMBER -> appendNumber(node, out);
      default -> out.append("null");
    }
  }

  private static void appendObject(JsonNode node, StringBuilder out) {
    List<Map.Entry<String, JsonNode>> members = new ArrayList<>(node.properties());
    Collections.sort(members, Map.Entry.comparingByKey());
    out.append('{');
    String separator = "";
    for (Map.Entry<String, JsonNode> member : members) {
      out.append(separator);
      appendString(member.getKey(), out);
      out.append(':');
      append(member.getValue(), out);
      separator = ",";
    }
    out.append('}');
  }

  private static void appendArray(JsonNode node, StringBuilder out) {
    out.append('[');
    Iterator<JsonNode> elements = node.elements();
    while (elements.hasNext()) {
      append(elements.next(), out);
      out.append(elements.hasNext() ? "," : "");
    }
    out.append(']');
  }

  private static void appendString(String text, StringBuilder out) {
    out.append('"');
    JsonStringEncoder.getInstance().quoteAsString(text, out);
    out.append('"');
  }

  private static void appendNumber(JsonNode node, StringBuilder out) {
    if (node.isFloat()) {
      appendFloat(node.floatValue(), out);
    } else if (node.isFloatingPointNumber()) {
      double value = node.doubleValue();
      out.append(Double.isFinite(value) ? number(value) : "null");
    } else {
      out.append(node.asText());
    }
  }

  private static void appendFloat(float value, StringBuilder out) {
    out.append(Float.isFinite(value) ? number(Double.parseDouble(Float.toString(value))) : "null");
  }

  /** A finite number as ECMAScript writes it: the shortest digits that read back to it. */
  static String number(double value) {
    if (value == 0) {
      return "0";
    }
    BigDecimal exact = new BigDecimal(Double.toString(value));
    for (int digits = exact.precision() - 1; digits >= 1; digits--) {
      BigDecimal shorter = exact.round(new MathContext(digits, RoundingMode.HALF_EVEN));
      if (shorter.doubleValue() != value) {
        break;
      }
      exact = shorter;
    }
    exact = exact.stripTrailingZeros();
    String digits = exact.unscaledValue().abs().toString();
    int point = digits.length() - exact.scale();
    return (value < 0 ? "-" : "") + layOut(digits, point);
  }

  private static String layOut(String digits, int point) {
    int n = digits.length();
    if (point > 21 || point <= -6) {
      int exponent = point - 1;
      return digits.charAt(0)
          + (n > 1 ? "." + digits.substring(1) : "")
          + (exponent < 0 ? "e-" : "e+")
          + Math.abs(exponent);
    }
    if (point <= 0) {
      return "0." + "0".repeat(-point) + digits;
    }
    if (point >= n) {
      return digits + "0".repeat(point - n);
    }
    return digits.substring(0, point) + "." + digits.substring(point);
  }

  /** Reads a number, and null as NaN. */
  private static final class NullIsNan<T> extends StdDeserializer<T> {
    private static final long serialVersionUID = 1L;
    private final boolean single;
    private final T nan;

    NullIsNan(Class<T> type, T nan) {
      super(type);
      this.single = type == float.class;
      this.nan = nan;
    }

    @Override
    @SuppressWarnings("unchecked")
    public T deserialize(JsonParser parser, DeserializationContext context) throws IOException {
      return single
          ? (T) (Object) _parseFloatPrimitive(parser, context)
          : (T) (Object) _parseDoublePrimitive(parser, context);
    }

    @Override
    public T getNullValue(DeserializationContext context) {
      return nan;
    }
  }

  private static final class DoubleArray extends StdDeserializer<double[]> {
    private static final long serialVersionUID = 1L;

    DoubleArray() {
      super(double[].class);
    }

    @Override
    public double[] deserialize(JsonParser parser, DeserializationContext context)
        throws IOException {
      JsonNode array = context.readTree(parser);
      double[] out = new double[array.size()];
      for (int i = 0; i < out.length; i++) {
        out[i] = array.get(i).isNull() ? Double.NaN : array.get(i).doubleValue();
      }
      return out;
    }
  }

  private static final class FloatArray extends StdDeserializer<float[]> {
    private static final long serialVersionUID = 1L;

    FloatArray() {
      super(float[].class);
    }

    @Override
    public float[] deserialize(JsonParser parser, DeserializationContext context)
        throws IOException {
      JsonNode array = context.readTree(parser);
      float[] out = new float[array.size()];
      for (int i = 0; i < out.length; i++) {
        out[i] = array.get(i).isNull() ? Float.NaN : array.get(i).floatValue();
      }
      return out;
    }
  }
}
