package org.starbeam.pipelines.document;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import java.math.BigInteger;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.starbeam.pipelines.document.Problem.Code;
import org.starbeam.pipelines.document.YamlNode.Mapping;
import org.starbeam.pipelines.document.YamlNode.Member;
import org.starbeam.pipelines.document.YamlNode.Scalar;
import org.starbeam.pipelines.document.YamlNode.Sequence;
import org.yaml.snakeyaml.DumperOptions.ScalarStyle;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.error.Mark;
import org.yaml.snakeyaml.error.MarkedYAMLException;
import org.yaml.snakeyaml.error.YAMLException;
import org.yaml.snakeyaml.events.AliasEvent;
import org.yaml.snakeyaml.events.CollectionStartEvent;
import org.yaml.snakeyaml.events.Event;
import org.yaml.snakeyaml.events.MappingStartEvent;
import org.yaml.snakeyaml.events.NodeEvent;
import org.yaml.snakeyaml.events.ScalarEvent;
import org.yaml.snakeyaml.reader.ReaderException;

/**
 * Reads YAML into plain maps, lists and scalars, each with its place. Scalars are those of YAML
 * 1.2: {@code true}, {@code null}, numbers; {@code yes} and {@code 12:30} are texts. Refused are
 * tags, duplicate keys, keys that are not scalars, tabs as indentation, more than one document,
 * more than 50 aliases, nesting deeper than 50, texts above 4 MiB, aliases that expand to more than
 * 100 000 values (specs/05 section 9).
 */
final class YamlDocument {
  static final int MAX_DEPTH = 50;
  static final int MAX_ALIASES = 50;
  static final int MAX_CHARACTERS = 4 << 20;
  private static final int MAX_EXPANDED = 100_000;

  private static final Pattern INTEGER = Pattern.compile("[-+]?[0-9]+");
  private static final Pattern HEXADECIMAL = Pattern.compile("0x[0-9a-fA-F]+");
  private static final Pattern NUMBER =
      Pattern.compile("[-+]?(\\.[0-9]+|[0-9]+(\\.[0-9]*)?)([eE][-+]?[0-9]+)?");

  /**
   * What an anchor names.
   *
   * @param size scalars and keys below it
   * @param height levels below it
   */
  private record Anchored(YamlNode node, int size, int height) {}

  private final String file;
  private final String[] lines;
  private final Problems problems;
  private final Map<String, Anchored> anchors = new HashMap<>();
  private final Deque<String> openAnchors = new ArrayDeque<>();
  private int aliases;
  private int size;
  private int deepest;

  private YamlDocument(String file, String text, Problems problems) {
    this.file = file;
    this.lines = text.split("\r\n|\n|\r", -1);
    this.problems = problems;
  }

  /**
   * Reads a document whose root is a map. What is wrong goes to {@code problems}; the rest is
   * returned.
   *
   * @param file name to show in messages
   */
  static Mapping read(String file, String text, Problems problems) {
    YamlNode root = readAny(file, text, problems);
    Place start = new Place(file, 1, 1, 1, text.lines().findFirst().orElse(""));
    if (root instanceof Mapping mapping) {
      return mapping;
    }
    if (root != null && !root.json().isNull()) {
      problems.add(
          root.place(), Code.TPL_TYPE, "expected a map of keys, found " + root.described());
    }
    return Mapping.empty(start);
  }

  /** Reads a value of any kind; null when the text holds none or is no YAML. */
  static @Nullable YamlNode readAny(String file, String text, Problems problems) {
    if (text.length() > MAX_CHARACTERS) {
      problems.add(Place.of(file), Code.TPL_SYNTAX, "larger than 4 MiB");
      return null;
    }
    String plain = text.startsWith("\uFEFF") ? text.substring(1) : text;
    return new YamlDocument(file, plain, problems).root(plain);
  }

  /** Ends the reading of a document at once. */
  private static final class Stop extends RuntimeException {
    private static final long serialVersionUID = 1L;
    private final transient Problem problem;

    Stop(Problem problem) {
      super(problem.message(), null, false, false);
      this.problem = problem;
    }
  }

  private @Nullable YamlNode root(String text) {
    LoaderOptions options = new LoaderOptions();
    options.setNestingDepthLimit(2 * MAX_DEPTH);
    options.setCodePointLimit(MAX_CHARACTERS);
    options.setMaxAliasesForCollections(MAX_ALIASES);
    try {
      Iterator<Event> events = new Yaml(options).parse(new java.io.StringReader(text)).iterator();
      events.next();
      if (events.next().getEventId() == Event.ID.StreamEnd) {
        return null;
      }
      YamlNode root = node(events.next(), events, 0);
      events.next();
      Event next = events.next();
      if (next.getEventId() != Event.ID.StreamEnd) {
        stop(place(next), "a second document begins here; a file holds one");
      }
      return root;
    } catch (Stop e) {
      problems.add(e.problem.place(), e.problem.code(), e.problem.message());
    } catch (MarkedYAMLException e) {
      Problem problem = syntaxProblem(e);
      problems.add(problem.place(), problem.code(), problem.message());
    } catch (ReaderException e) {
      problems.add(
          characterPlace(text, e.getPosition()),
          Code.TPL_SYNTAX,
          String.format("character U+%04X is not allowed in YAML", e.getCodePoint()));
    } catch (YAMLException e) {
      problems.add(Place.of(file), Code.TPL_SYNTAX, String.valueOf(e.getMessage()));
    }
    return null;
  }

  private YamlNode node(Event event, Iterator<Event> events, int depth) {
    deepest = Math.max(deepest, depth);
    if (depth > MAX_DEPTH) {
      stop(place(event), "nested deeper than " + MAX_DEPTH);
    }
    if (event instanceof AliasEvent alias) {
      return aliased(alias, depth);
    }
    String anchor = ((NodeEvent) event).getAnchor();
    int sizeBefore = size;
    int deepestBefore = deepest;
    if (anchor != null) {
      openAnchors.push(anchor);
      deepest = depth;
    }
    YamlNode node;
    if (event instanceof ScalarEvent scalar) {
      refuseTag(scalar.getTag(), event);
      size++;
      node = scalar(scalar);
    } else {
      refuseTag(((CollectionStartEvent) event).getTag(), event);
      node =
          event instanceof MappingStartEvent
              ? mapping(event, events, depth)
              : sequence(event, events, depth);
    }
    if (anchor != null) {
      openAnchors.pop();
      anchors.put(anchor, new Anchored(node, size - sizeBefore, deepest - depth));
      deepest = Math.max(deepest, deepestBefore);
    }
    return node;
  }

  private YamlNode aliased(AliasEvent alias, int depth) {
    String name = alias.getAnchor();
    if (openAnchors.contains(name)) {
      stop(place(alias), "alias *" + name + " stands inside what it names");
    }
    Anchored target = anchors.get(name);
    if (target == null) {
      throw new Stop(Problem.of(place(alias), Code.TPL_SYNTAX, "no anchor &" + name + " above"));
    }
    aliases++;
    size += target.size();
    deepest = Math.max(deepest, depth + target.height());
    if (aliases > MAX_ALIASES) {
      stop(place(alias), "more than " + MAX_ALIASES + " aliases");
    }
    if (size > MAX_EXPANDED) {
      stop(place(alias), "aliases expand to more than " + MAX_EXPANDED + " values");
    }
    if (depth + target.height() > MAX_DEPTH) {
      stop(place(alias), "nested deeper than " + MAX_DEPTH);
    }
    return target.node();
  }

  private YamlNode sequence(Event start, Iterator<Event> events, int depth) {
    List<YamlNode> items = new ArrayList<>();
    for (Event e = events.next(); e.getEventId() != Event.ID.SequenceEnd; e = events.next()) {
      items.add(node(e, events, depth + 1));
    }
    return Sequence.of(place(start), items);
  }

  private YamlNode mapping(Event start, Iterator<Event> events, int depth) {
    Map<String, Member> members = new LinkedHashMap<>();
    for (Event e = events.next(); e.getEventId() != Event.ID.MappingEnd; e = events.next()) {
      if (!(e instanceof ScalarEvent key)) {
        throw new Stop(Problem.of(place(e), Code.TPL_SYNTAX, "a key must be a word"));
      }
      refuseTag(key.getTag(), e);
      size++;
      Place place = place(key);
      YamlNode value = node(events.next(), events, depth + 1);
      Member former = members.putIfAbsent(key.getValue(), new Member(place, value));
      if (former != null) {
        problems.add(
            place,
            Code.TPL_SYNTAX,
            "key '" + key.getValue() + "' appears twice, first in line " + former.key().line());
      }
    }
    return Mapping.of(place(start), members);
  }

  private YamlNode scalar(ScalarEvent event) {
    String text = event.getValue();
    boolean quoted = event.getScalarStyle() != ScalarStyle.PLAIN;
    JsonNode value = quoted ? JsonNodeFactory.instance.textNode(text) : plain(text, event);
    return Scalar.of(place(event), value, text, quoted);
  }

  private JsonNode plain(String text, ScalarEvent event) {
    JsonNodeFactory make = JsonNodeFactory.instance;
    switch (text) {
      case "", "~", "null", "Null", "NULL":
        return make.nullNode();
      case "true", "True", "TRUE":
        return make.booleanNode(true);
      case "false", "False", "FALSE":
        return make.booleanNode(false);
      case ".inf", ".Inf", ".INF", "+.inf":
        return make.numberNode(Double.POSITIVE_INFINITY);
      case "-.inf", "-.Inf", "-.INF":
        return make.numberNode(Double.NEGATIVE_INFINITY);
      case ".nan", ".NaN", ".NAN":
        return make.numberNode(Double.NaN);
      default:
        break;
    }
    boolean hexadecimal = HEXADECIMAL.matcher(text).matches();
    if (hexadecimal || INTEGER.matcher(text).matches()) {
      BigInteger integer =
          hexadecimal ? new BigInteger(text.substring(2), 16) : new BigInteger(text);
      if (integer.bitLength() > 63) {
        problems.add(place(event), Code.TPL_RANGE, text + " does not fit into 64 bits");
        return make.numberNode(0L);
      }
      return make.numberNode(integer.longValue());
    }
    if (NUMBER.matcher(text).matches()) {
      double number = Double.parseDouble(text);
      if (Double.isInfinite(number)) {
        problems.add(place(event), Code.TPL_RANGE, text + " is beyond the largest number");
      }
      return make.numberNode(number);
    }
    return make.textNode(text);
  }

  private void refuseTag(@Nullable String tag, Event event) {
    if (tag != null) {
      String shown = tag.replaceFirst("^tag:yaml\\.org,2002:", "!!");
      stop(place(event), "tag " + shown + ": tags are not allowed");
    }
  }

  private void stop(Place place, String message) {
    throw new Stop(Problem.of(place, Code.TPL_SYNTAX, message));
  }

  private Problem syntaxProblem(MarkedYAMLException e) {
    Mark mark = e.getProblemMark() == null ? e.getContextMark() : e.getProblemMark();
    if (mark == null) {
      return Problem.of(Place.of(file), Code.TPL_SYNTAX, String.valueOf(e.getMessage()));
    }
    String source = mark.getLine() < lines.length ? lines[mark.getLine()] : "";
    int tab = source.indexOf('\t');
    if (tab >= 0 && source.substring(0, tab).isBlank()) {
      return Problem.of(
          at(mark.getLine(), tab, 1), Code.TPL_SYNTAX, "a tab cannot indent; use spaces");
    }
    Mark context = e.getContextMark();
    boolean earlier = context != null && context.getLine() < mark.getLine();
    String opened = earlier ? " that begins in line " + (context.getLine() + 1) : "";
    String message =
        e.getContext() == null ? e.getProblem() : e.getContext() + opened + ", " + e.getProblem();
    return Problem.of(at(mark.getLine(), mark.getColumn(), 1), Code.TPL_SYNTAX, message);
  }

  private Place characterPlace(String text, int position) {
    String before = text.substring(0, Math.max(0, Math.min(position, text.length())));
    int line = (int) before.chars().filter(c -> c == '\n').count();
    return at(line, before.length() - before.lastIndexOf('\n') - 1, 1);
  }

  private Place place(Event event) {
    Mark start = event.getStartMark();
    Mark end = event.getEndMark();
    boolean oneLine = event instanceof ScalarEvent && start.getLine() == end.getLine();
    int length = oneLine ? end.getColumn() - start.getColumn() : 1;
    return at(start.getLine(), start.getColumn(), length);
  }

  private Place at(int line, int column, int length) {
    String source = line < lines.length ? lines[line] : "";
    return new Place(file, line + 1, column + 1, Math.max(1, length), source);
  }
}
