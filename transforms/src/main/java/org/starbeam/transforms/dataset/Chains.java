package org.starbeam.transforms.dataset;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import org.starbeam.failure.BadInputException;
import org.starbeam.failure.Suggestion;

/**
 * Chains of runs (specs/05 section 3.7): an ordered list of runs and other chains in which a
 * dataset is looked up, the first that has it wins. Changes are optimistic (see {@link
 * RevisionFiles}); every earlier state stays readable. A campaign freezes the flattened list, so
 * later changes never reach it.
 */
public final class Chains {
  private static final String MEMBERS = "members";

  private final RevisionFiles files;

  public Chains(Path root) {
    this.files = new RevisionFiles(root, "chains");
  }

  /** A state of a chain: its members in the order of search, and what made it so. */
  public record State(int revision, List<Collection> members, String change, String time) {}

  /** Names of all chains. */
  public List<String> names() throws IOException {
    return files.names();
  }

  public boolean exists(String name) throws IOException {
    return files.latest(name) != null;
  }

  /**
   * Members of a chain as they are written, nested chains not resolved.
   *
   * @throws BadInputException {@code NO_CHAIN} when there is none
   */
  public List<Collection> members(String name) throws IOException {
    RevisionFiles.Revision latest = files.latest(name);
    if (latest == null) {
      throw new BadInputException(
          "NO_CHAIN",
          "no chain '"
              + name
              + "'"
              + Suggestion.didYouMean(name, names())
              + "; starbeam repo chains list");
    }
    return members(latest.document());
  }

  /** All states of a chain, oldest first. */
  public List<State> history(String name) throws IOException {
    return files.all(name).stream()
        .map(
            r ->
                new State(
                    r.seq(),
                    members(r.document()),
                    r.document().path("change").asText(),
                    r.document().path("time").asText()))
        .toList();
  }

  /** Puts members at the front, in the given order; one that is in already moves there. */
  public State prepend(String name, List<Collection> added) throws IOException {
    return change(
        name,
        "prepend " + text(added),
        present -> {
          LinkedHashSet<Collection> all = new LinkedHashSet<>(added);
          all.addAll(present);
          return List.copyOf(all);
        });
  }

  /**
   * Takes members out.
   *
   * @throws BadInputException {@code NO_MEMBER} when one is not in the chain
   */
  public State remove(String name, List<Collection> removed) throws IOException {
    members(name);
    return change(
        name,
        "remove " + text(removed),
        present -> {
          for (Collection collection : removed) {
            if (!present.contains(collection)) {
              throw new BadInputException(
                  "NO_MEMBER",
                  "chain " + name + " has no member " + collection + "; it has " + text(present));
            }
          }
          return present.stream().filter(c -> !removed.contains(c)).toList();
        });
  }

  /** Replaces all members. */
  public State set(String name, List<Collection> members) throws IOException {
    return change(
        name, "set " + text(members), present -> List.copyOf(new LinkedHashSet<>(members)));
  }

  /**
   * The runs of a collection in the order of search, nested chains resolved, each run once at its
   * first place.
   *
   * @throws BadInputException {@code CHAIN_CYCLE} when a chain contains itself, {@code NO_CHAIN}
   */
  public List<String> runs(Collection collection) throws IOException {
    LinkedHashSet<String> runs = new LinkedHashSet<>();
    flatten(collection, new ArrayList<>(), runs, "", List.of());
    return List.copyOf(runs);
  }

  /** The runs of what a user wrote, for example {@code chain:rc2/last}. */
  public List<String> runs(String collection) throws IOException {
    return runs(Collection.parse(collection));
  }

  private State change(String name, String what, UnaryOperator<List<Collection>> change)
      throws IOException {
    RevisionFiles.Revision made =
        files.change(
            name,
            present -> {
              List<Collection> before = present == null ? List.of() : members(present);
              List<Collection> after = change.apply(before);
              if (present != null && after.equals(before)) {
                return null;
              }
              after.forEach(c -> requireRunOrChain(name, c));
              for (Collection member : after) {
                flatten(member, new ArrayList<>(List.of(name)), new LinkedHashSet<>(), name, after);
              }
              return document(after, what);
            });
    if (made == null) {
      throw new IllegalStateException("a change of chain " + name + " made nothing");
    }
    return new State(
        made.seq(), members(made.document()), what, made.document().path("time").asText());
  }

  private static void requireRunOrChain(String name, Collection member) {
    if (member.kind() != Collection.Kind.RUN && member.kind() != Collection.Kind.CHAIN) {
      throw new BadInputException(
          "COLLECTION_KIND", "chain " + name + ": " + member + " is neither a run nor a chain");
    }
  }

  /**
   * @param changing name of a chain whose members are {@code instead} of what the registry says
   */
  private void flatten(
      Collection collection,
      List<String> path,
      LinkedHashSet<String> runs,
      String changing,
      List<Collection> instead)
      throws IOException {
    switch (collection.kind()) {
      case RUN -> runs.add(collection.name());
      case CHAIN -> {
        if (path.contains(collection.name())) {
          throw new BadInputException(
              "CHAIN_CYCLE",
              "chain contains itself: "
                  + String.join(" -> ", path)
                  + " -> "
                  + collection.name()
                  + "; take one of them out with starbeam repo chains remove");
        }
        path.add(collection.name());
        List<Collection> members =
            collection.name().equals(changing) ? instead : members(collection.name());
        for (Collection member : members) {
          flatten(member, path, runs, changing, instead);
        }
        path.remove(path.size() - 1);
      }
      default ->
          throw new BadInputException(
              "COLLECTION_KIND", collection + " is neither a run nor a chain of runs");
    }
  }

  private static ObjectNode document(List<Collection> members, String change) {
    ObjectNode out = JsonNodeFactory.instance.objectNode();
    ArrayNode array = out.putArray(MEMBERS);
    members.forEach(m -> array.add(m.toString()));
    out.put("change", change);
    out.put("time", Instant.now().truncatedTo(ChronoUnit.SECONDS).toString());
    return out;
  }

  private static List<Collection> members(@Nullable JsonNode document) {
    List<Collection> members = new ArrayList<>();
    if (document != null) {
      document.path(MEMBERS).forEach(m -> members.add(Collection.parse(m.asText())));
    }
    return members;
  }

  private static String text(List<Collection> members) {
    return String.join(" ", members.stream().map(Collection::toString).toList());
  }
}
