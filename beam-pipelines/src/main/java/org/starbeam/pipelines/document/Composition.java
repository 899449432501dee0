package org.starbeam.pipelines.document;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.starbeam.pipelines.document.Problem.Code;
import org.starbeam.pipelines.document.YamlNode.Mapping;
import org.starbeam.pipelines.document.YamlNode.Scalar;
import org.starbeam.pipelines.document.YamlNode.Sequence;

/**
 * Finds the documents of a campaign, lowest precedence first (specs/05 section 1.4): the {@code
 * extends} chain from its root, the {@code include} list in order, the template, the campaign file.
 * A name is that of a shipped template or a path relative to the file that names it.
 */
final class Composition {
  private static final int FORMAT_VERSION = 1;

  /** Where a document was named: by a file and line, or by the user. */
  private record Link(String id, String shown) {}

  /**
   * A document that was found.
   *
   * @param directory what paths in it are relative to; null for a shipped one
   */
  private record Found(String id, Library.Source source, @Nullable Path directory) {}

  private final Library library;
  private final Set<String> bodyKeys;
  private final Problems problems;
  private final List<Layer> layers = new ArrayList<>();

  Composition(Library library, Set<String> bodyKeys, Problems problems) {
    this.library = library;
    this.bodyKeys = bodyKeys;
    this.problems = problems;
  }

  /** All documents of a template or a campaign file, given by name or path. */
  List<Layer> load(String nameOrFile) {
    Path here = Path.of("").toAbsolutePath();
    Optional<Found> found = find(nameOrFile, here);
    if (found.isEmpty()) {
      problems.add(
          Place.of(nameOrFile),
          Code.TPL_INCLUDE,
          "no template '" + nameOrFile + "' and no file of this name",
          nameOrFile,
          candidates(here));
    } else {
      add(found.get(), List.of(new Link(found.get().id(), nameOrFile)), false);
    }
    return List.copyOf(layers);
  }

  /** All documents of a text that is in no file. */
  List<Layer> loadText(String file, String text, boolean template) {
    Found found = new Found(file, new Library.Source(file, text), Path.of("").toAbsolutePath());
    add(found, List.of(new Link(file, file)), template);
    return List.copyOf(layers);
  }

  private void add(Found found, List<Link> chain, boolean template) {
    Mapping root = YamlDocument.read(found.source().file(), found.source().text(), problems);
    boolean campaign = !template && Layer.isCampaign(root);
    checkKeys(root, campaign, chain.size() > 1);
    if (campaign && chain.size() == 1) {
      link(root, Layer.TEMPLATE, found, chain, true);
      if (root.get(Layer.TEMPLATE) == null) {
        problems.add(
            root.place(),
            Code.TPL_MISSING,
            "a campaign file names its 'template'; a template has 'parameters'");
      }
    } else {
      link(root, Layer.EXTENDS, found, chain, false);
    }
    if (root.get(Layer.INCLUDE) instanceof Sequence list) {
      list.items().forEach(item -> follow(item, found, chain, false));
    } else if (root.get(Layer.INCLUDE) != null) {
      link(root, Layer.INCLUDE, found, chain, false);
    }
    layers.add(
        new Layer(
            found.source().file(), found.source().text(), root, campaign && chain.size() == 1));
  }

  private void link(Mapping root, String key, Found from, List<Link> chain, boolean needsTemplate) {
    YamlNode node = root.get(key);
    if (node != null) {
      follow(node, from, chain, needsTemplate);
    }
  }

  private void follow(YamlNode node, Found from, List<Link> chain, boolean needsTemplate) {
    if (!(node instanceof Scalar scalar) || !scalar.value().isTextual()) {
      problems.add(
          node.place(),
          Code.TPL_TYPE,
          "expected the name of a template or a file, found " + node.described());
      return;
    }
    String name = scalar.text();
    Optional<Found> found = find(name, from.directory());
    String path = path(chain) + " -> " + name;
    if (found.isEmpty()) {
      problems.add(
          node.place(),
          Code.TPL_INCLUDE,
          "no template or file '" + name + "' (" + path + ")",
          name,
          candidates(from.directory()));
      return;
    }
    if (chain.stream().anyMatch(l -> l.id().equals(found.get().id()))) {
      problems.add(node.place(), Code.TPL_CYCLE, "'" + name + "' leads back to itself: " + path);
      return;
    }
    List<Link> longer = new ArrayList<>(chain);
    longer.set(
        chain.size() - 1, new Link(chain.get(chain.size() - 1).id(), node.place().fileAndLine()));
    longer.add(new Link(found.get().id(), name));
    add(found.get(), longer, needsTemplate);
  }

  private static String path(List<Link> chain) {
    return chain.stream().map(Link::shown).collect(Collectors.joining(" -> "));
  }

  private void checkKeys(Mapping root, boolean campaign, boolean included) {
    Set<String> known = new TreeSet<>(bodyKeys);
    known.addAll(Layer.META);
    root.members()
        .forEach(
            (key, member) -> {
              if (!known.contains(key)) {
                problems.add(
                    member.key(), Code.TPL_UNKNOWN_KEY, "no key '" + key + "' here", key, known);
              }
            });
    if (!campaign && root.get(Layer.SET) != null) {
      problems.add(
          root.keyPlace(Layer.SET),
          Code.TPL_UNKNOWN_KEY,
          "'set' belongs to campaign files, and this is a template: it declares or extends");
    }
    YamlNode format = root.get(Layer.FORMAT);
    if (format == null) {
      problems.add(
          root.place(), Code.TPL_MISSING, "expected 'starbeam: 1', the version of the format");
    } else if (!format.json().isIntegralNumber()) {
      problems.add(format.place(), Code.TPL_TYPE, "expected 1, found " + format.described());
    } else if (format.json().asLong() != FORMAT_VERSION) {
      problems.add(
          format.place(),
          Code.TPL_RANGE,
          "this Starbeam reads version 1 of the format, found " + format.described());
    }
  }

  private Optional<Found> find(String name, @Nullable Path directory) {
    Optional<Library.Source> shipped = library.find(name);
    if (shipped.isPresent()) {
      return Optional.of(new Found("shipped:" + name, shipped.get(), null));
    }
    if (!isYaml(name) || directory == null) {
      return Optional.empty();
    }
    try {
      Path file = directory.resolve(name).normalize();
      if (!Files.isRegularFile(file)) {
        return Optional.empty();
      }
      String shown = shown(file);
      return Optional.of(
          new Found(
              file.toRealPath().toString(),
              new Library.Source(shown, text(file, shown)),
              file.getParent()));
    } catch (IOException | InvalidPathException e) {
      return Optional.empty();
    }
  }

  private String text(Path file, String shown) throws IOException {
    if (Files.size(file) > 4L * YamlDocument.MAX_CHARACTERS) {
      problems.add(Place.of(shown), Code.TPL_SYNTAX, "larger than 4 MiB");
      return "";
    }
    return new String(Files.readAllBytes(file), StandardCharsets.UTF_8);
  }

  /** A path as short as the user may have written it. */
  private static String shown(Path file) {
    Path here = Path.of("").toAbsolutePath();
    return file.startsWith(here) ? here.relativize(file).toString() : file.toString();
  }

  private static boolean isYaml(String name) {
    return name.endsWith(".yaml") || name.endsWith(".yml");
  }

  private Set<String> candidates(@Nullable Path directory) {
    Set<String> out = new TreeSet<>(library.names());
    if (directory != null) {
      try (Stream<Path> files = Files.list(directory)) {
        files.map(f -> f.getFileName().toString()).filter(Composition::isYaml).forEach(out::add);
      } catch (IOException e) {
        return out;
      }
    }
    return out;
  }
}
