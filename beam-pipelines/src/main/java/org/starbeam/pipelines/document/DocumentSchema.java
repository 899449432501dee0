package org.starbeam.pipelines.document;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.starbeam.pipelines.document.ParameterType.Kind;

/**
 * JSON Schema (draft 2020-12) of campaign documents, for editors: keys, types, ranges, choices,
 * defaults and meanings. What depends on other documents or on more than one place (includes,
 * references, duplicate keys) is beyond it.
 */
public final class DocumentSchema {
  private static final String REFERENCE = "reference";
  private static final String LIST_CHANGE = "listChange";
  private static final String TYPES =
      "^(list<|map<string,)*("
          + ParameterType.words().stream()
              .filter(w -> !w.contains("<"))
              .collect(Collectors.joining("|"))
          + ")>*$";

  private final JsonNodeFactory make = JsonNodeFactory.instance;
  private final ObjectNode definitions = make.objectNode();
  private final Shape.Fields body;
  private final String tasksKey;

  private DocumentSchema(Shape.Fields body, String tasksKey) {
    this.body = body;
    this.tasksKey = tasksKey;
  }

  /**
   * The schema of templates and campaign files.
   *
   * @param tasksKey key of the task configurations, whose keys may be dotted
   */
  public static ObjectNode ofDocuments(Shape.Fields body, String tasksKey) {
    DocumentSchema schema = new DocumentSchema(body, tasksKey);
    ObjectNode out = schema.root("Starbeam templates and campaign files");
    ObjectNode keys = (ObjectNode) out.path("properties");
    keys.set(Layer.TEMPLATE, schema.text("Name of this template, or the template of a campaign"));
    keys.set(Layer.EXTENDS, schema.text("Template that this one changes"));
    keys.set(Layer.PARAMETERS, schema.declarations());
    keys.set(Layer.ENV_ALLOW, schema.texts("Environment variables that ${env:NAME} may read"));
    ObjectNode set = schema.make.objectNode().put("type", "object");
    keys.set(Layer.SET, set.put("description", "Values of the template's parameters"));
    ArrayNode exclusive = out.putArray("allOf");
    for (String key : List.of(Layer.PARAMETERS, Layer.EXTENDS, Layer.ENV_ALLOW)) {
      exclusive.addObject().putObject("not").putArray("required").add(Layer.SET).add(key);
    }
    schema.completeWithoutBase(exclusive.addObject());
    return out;
  }

  /** A parameter that no document below declares needs a type and a meaning. */
  private void completeWithoutBase(ObjectNode rule) {
    ArrayNode bases = rule.putObject("if").putObject("not").putArray("anyOf");
    bases.addObject().putArray("required").add(Layer.EXTENDS);
    bases.addObject().putArray("required").add(Layer.INCLUDE);
    rule.putObject("then")
        .putObject("properties")
        .putObject(Layer.PARAMETERS)
        .putObject("additionalProperties")
        .putArray("required")
        .add("type")
        .add("help");
  }

  /** The schema of campaign files of one template. */
  public static ObjectNode ofCampaigns(
      Shape.Fields body, String tasksKey, String template, Map<String, Parameter> parameters) {
    DocumentSchema schema = new DocumentSchema(body, tasksKey);
    ObjectNode out = schema.root("Starbeam campaigns of template " + template);
    ObjectNode keys = (ObjectNode) out.path("properties");
    keys.putObject(Layer.TEMPLATE).put("const", template);
    ObjectNode values = schema.make.objectNode();
    List<String> required = new ArrayList<>();
    for (Parameter p : parameters.values()) {
      ObjectNode value = schema.typed(p.rule());
      value.put("description", p.help());
      if (p.example() != null) {
        value.putArray("examples").add(p.example());
      }
      if (p.deprecated() != null) {
        value.put("deprecated", true);
      }
      if (p.fallback() == null) {
        required.add(p.name());
      } else if (!p.fallback().json().isNull()) {
        value.set("default", p.fallback().json());
      }
      values.set(p.name(), value);
    }
    ObjectNode set = keys.putObject(Layer.SET).put("type", "object");
    set.put("additionalProperties", false).set("properties", values);
    if (!required.isEmpty()) {
      required.forEach(set.putArray("required")::add);
      ((ArrayNode) out.path("required")).add(Layer.SET);
    }
    ((ArrayNode) out.path("required")).add(Layer.TEMPLATE);
    return out;
  }

  private ObjectNode root(String title) {
    ObjectNode out = make.objectNode();
    out.put("$schema", "https://json-schema.org/draft/2020-12/schema");
    out.put("title", title);
    out.put("type", "object");
    ObjectNode keys = out.putObject("properties");
    keys.putObject(Layer.FORMAT).put("const", 1).put("description", "Version of the format");
    keys.set(Layer.DESCRIPTION, text("What the campaign is for, in one line"));
    keys.set(Layer.INCLUDE, texts("Documents that are laid under this one, in order"));
    define();
    body.fields().forEach((key, shape) -> keys.set(key, of(shape, key.equals(tasksKey))));
    out.putArray("required").add(Layer.FORMAT);
    out.put("additionalProperties", false);
    out.set("$defs", definitions);
    return out;
  }

  private void define() {
    definitions.putObject(REFERENCE).put("type", "string").put("pattern", "\\$\\{[^}]*\\}");
    ObjectNode change = definitions.putObject(LIST_CHANGE).put("type", "object");
    ObjectNode changes = change.putObject("properties");
    changes.putObject("$append").put("type", "array");
    changes.putObject("$remove").put("type", "array");
    change.put("additionalProperties", false).put("minProperties", 1);
  }

  private ObjectNode text(String help) {
    return make.objectNode().put("type", "string").put("description", help);
  }

  private ObjectNode texts(String help) {
    ObjectNode out = make.objectNode().put("description", help);
    ArrayNode forms = out.putArray("anyOf");
    forms.addObject().put("type", "string");
    forms.addObject().put("type", "array").putObject("items").put("type", "string");
    return out;
  }

  private ObjectNode of(Shape shape, boolean dotted) {
    ObjectNode out = form(shape, dotted);
    out.put("description", shape.help());
    return out;
  }

  private ObjectNode form(Shape shape, boolean dotted) {
    if (shape instanceof Shape.Value value) {
      ObjectNode out = make.objectNode().put("$ref", "#/$defs/" + definition(value.rule()));
      if (value.fallback() != null) {
        out.set("default", value.fallback());
      }
      return out;
    }
    if (shape instanceof Shape.Fields fields) {
      return open(fields(fields, dotted), false);
    }
    if (shape instanceof Shape.Entries entries) {
      ObjectNode out = make.objectNode().put("type", "object");
      out.putObject("propertyNames").put("pattern", "^(" + entries.keys() + ")$");
      out.set("additionalProperties", of(entries.value(), false));
      return open(out, false);
    }
    if (shape instanceof Shape.Items items) {
      ObjectNode out = make.objectNode().put("type", "array");
      out.set("items", of(items.item(), false));
      return open(out, true);
    }
    if (shape instanceof Shape.OneOrMore some) {
      ObjectNode out = make.objectNode();
      ArrayNode forms = out.putArray("anyOf");
      forms.add(form(some.item(), false));
      ObjectNode list = forms.addObject().put("type", "array");
      list.set("items", form(some.item(), false));
      return out;
    }
    Shape.Either either = (Shape.Either) shape;
    ObjectNode out = make.objectNode();
    out.putArray("anyOf").add(form(either.scalar(), false)).add(form(either.mapping(), false));
    return out;
  }

  /** Name of the definition of a rule, which is made when it is new. */
  private String definition(ValueRule rule) {
    ObjectNode form = open(typed(rule), rule.type().isList());
    String base = rule.type().toString().replaceAll("[^A-Za-z]+", "_").replaceAll("_$", "");
    String name = base;
    for (int i = 2; definitions.has(name) && !definitions.path(name).equals(form); i++) {
      name = base + "_" + i;
    }
    definitions.set(name, form);
    return name;
  }

  /** A map of known keys; those of task configurations may be written as one dotted word. */
  private ObjectNode fields(Shape.Fields fields, boolean tasks) {
    ObjectNode out = make.objectNode().put("type", "object");
    ObjectNode keys = out.putObject("properties");
    for (Map.Entry<String, Shape> e : fields.fields().entrySet()) {
      boolean list = e.getKey().equals(tasksKey);
      if (list) {
        keys.putObject(e.getKey()).put("$ref", "#/properties/" + tasksKey);
      } else if (tasks && e.getValue() instanceof Shape.Fields task) {
        keys.set(e.getKey(), task(task));
      } else {
        keys.set(e.getKey(), of(e.getValue(), false));
      }
    }
    if (!fields.required().isEmpty()) {
      ArrayNode required = out.putArray("required");
      fields.required().stream().sorted().forEach(required::add);
    }
    out.put("additionalProperties", false);
    return out;
  }

  private ObjectNode task(Shape.Fields task) {
    ObjectNode out = fields(task, true);
    task.fields()
        .forEach(
            (key, shape) -> {
              if (shape instanceof Shape.Fields nested) {
                dotted(key, nested, (ObjectNode) out.path("properties"));
              }
            });
    ObjectNode opened = open(out, false);
    opened.put("description", task.help());
    return opened;
  }

  private void dotted(String prefix, Shape.Fields fields, ObjectNode keys) {
    fields
        .fields()
        .forEach(
            (key, shape) -> {
              String path = prefix + "." + key;
              if (shape instanceof Shape.Fields nested) {
                dotted(path, nested, keys);
              } else {
                keys.set(path, of(shape, false));
              }
            });
  }

  /** A form that may also be a reference to a parameter, nothing, or a change of a list. */
  private ObjectNode open(ObjectNode form, boolean list) {
    ObjectNode out = make.objectNode();
    ArrayNode forms = out.putArray("anyOf").add(form);
    forms.addObject().put("$ref", "#/$defs/" + REFERENCE);
    forms.addObject().put("type", "null");
    if (list) {
      forms.addObject().put("$ref", "#/$defs/" + LIST_CHANGE);
    }
    return out;
  }

  /** What a value of a rule looks like. */
  private ObjectNode typed(ValueRule rule) {
    ParameterType type = rule.type();
    ObjectNode out = make.objectNode();
    if (type.isList()) {
      out.put("type", "array").set("items", element(rule));
    } else if (type.isMap()) {
      out.put("type", "object").set("additionalProperties", element(rule));
    } else {
      scalar(rule, out);
    }
    if (!rule.nullable()) {
      return out;
    }
    ObjectNode either = make.objectNode();
    either.putArray("anyOf").add(out).addObject().put("type", "null");
    return either;
  }

  private ObjectNode element(ValueRule rule) {
    ObjectNode out = make.objectNode();
    ArrayNode forms = out.putArray("anyOf").add(typed(rule.ofElements()));
    forms.addObject().put("$ref", "#/$defs/" + REFERENCE);
    return out;
  }

  private void scalar(ValueRule rule, ObjectNode out) {
    switch (rule.type().kind()) {
      case BOOL -> out.put("type", "boolean");
      case INT ->
          out.put("type", "integer")
              .put("minimum", Integer.MIN_VALUE)
              .put("maximum", Integer.MAX_VALUE);
      case LONG -> out.put("type", "integer");
      case DOUBLE -> out.put("type", "number");
      case STRING, EXPRESSION -> out.put("type", "string");
      case URI -> out.put("type", "string").put("pattern", "\\S");
      case COLLECTION -> out.put("type", "string").put("pattern", "^" + ValueRule.COLLECTION + "$");
      case DAYOBS ->
          out.put("type", "integer").put("minimum", 10_000_101).put("maximum", 99_991_231);
      case DAYOBS_RANGE -> out.put("type", "string").put("pattern", "^[0-9]{8}\\.\\.[0-9]{8}$");
      case DURATION, BYTES, ANGLE -> quantity(rule, out);
      case ENUM -> {
        if (rule.choices().isEmpty()) {
          types(out, "string", "number", "boolean");
        }
      }
      case LIST, MAP -> throw new IllegalStateException("not a scalar: " + rule.type());
    }
    if (!rule.choices().isEmpty()) {
      rule.choices().forEach(out.withArray("/enum")::add);
      if (rule.anyCase()) {
        rule.choices().forEach(c -> out.withArray("/enum").add(c.toLowerCase(Locale.ROOT)));
      }
    }
    boolean number = out.path("type").asText().matches("integer|number");
    if (number) {
      bound(out, "minimum", rule.min());
      bound(out, "maximum", rule.max());
    }
    if (rule.regex() != null) {
      out.put("pattern", "^(" + rule.regex() + ")$");
    }
  }

  private static void types(ObjectNode out, String... names) {
    for (String name : names) {
      out.withArray("/type").add(name);
    }
  }

  private static void quantity(ValueRule rule, ObjectNode out) {
    if (rule.type().kind() == Kind.DURATION) {
      out.put("type", "string");
      out.put("pattern", "^(P[0-9DTHMS.]+|[0-9]+(\\.[0-9]+)? *(ms|[smhdSMHD]))$");
    } else {
      types(out, "string", "number");
      out.put("pattern", "^[-+]?[0-9]+(\\.[0-9]+)? *[A-Za-z]*$");
    }
  }

  private static void bound(ObjectNode out, String keyword, @Nullable JsonNode value) {
    if (value != null) {
      out.set(keyword, value);
    }
  }

  private ObjectNode declarations() {
    ObjectNode declaration = make.objectNode().put("type", "object");
    ObjectNode keys = declaration.putObject("properties");
    keys.set("type", text("Type of the value").put("pattern", TYPES));
    keys.putObject("default").put("description", "Value when none is given; null: may be left out");
    keys.putObject("required").put("type", "boolean");
    ObjectNode range = keys.putObject("range").put("type", "array");
    range.put("minItems", 2).put("maxItems", 2).put("description", "Smallest and largest value");
    keys.putObject("choices").put("type", "array").put("description", "Words that are allowed");
    for (String word : List.of("regex", "unit", "help", "group", "since", "deprecated")) {
      types(keys.putObject(word), "string", "number");
    }
    Parameter.OVER.forEach(keys.putObject("over").putArray("enum")::add);
    keys.putObject("example").put("description", "A value as a user may write it");
    declaration.put("additionalProperties", false);
    defaultsOfTypes(declaration);
    ObjectNode out = make.objectNode().put("type", "object");
    out.putObject("propertyNames").put("pattern", "^[A-Za-z][A-Za-z0-9_]*$");
    out.set("additionalProperties", declaration);
    return out.put("description", "Parameters that the template declares");
  }

  /** The default of a parameter is of its type, and so are those of lists. */
  private void defaultsOfTypes(ObjectNode declaration) {
    ArrayNode rules = declaration.putArray("allOf");
    for (Kind kind : Kind.values()) {
      if (kind != Kind.LIST && kind != Kind.MAP && kind != Kind.ENUM) {
        ValueRule scalar = ValueRule.of(kind);
        defaultOf(rules, kind.word(), scalar);
        defaultOf(rules, "list<" + kind.word() + ">", ValueRule.of(ParameterType.listOf(kind)));
        ParameterType map = new ParameterType(Kind.MAP, ParameterType.of(kind));
        defaultOf(rules, map.toString(), ValueRule.of(map));
      }
    }
    ObjectNode ifEnum = rules.addObject();
    ObjectNode typed = ifEnum.putObject("if");
    typed.putArray("required").add("type");
    typed.putObject("properties").putObject("type").put("pattern", "enum");
    ifEnum.putObject("then").putArray("required").add("choices");
  }

  private void defaultOf(ArrayNode rules, String type, ValueRule rule) {
    ObjectNode one = rules.addObject();
    ObjectNode typed = one.putObject("if");
    typed.putArray("required").add("type");
    typed.putObject("properties").putObject("type").put("const", type);
    ObjectNode then = one.putObject("then").putObject("properties");
    then.set("default", open(typed(rule), false));
  }
}
