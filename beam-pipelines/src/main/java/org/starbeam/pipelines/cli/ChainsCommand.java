package org.starbeam.pipelines.cli;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.starbeam.pipelines.campaign.RunCatalog;
import org.starbeam.transforms.dataset.Chains;
import org.starbeam.transforms.dataset.Collection;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Chains of runs. */
@Command(
    name = "chains",
    mixinStandardHelpOptions = true,
    description = "Ordered lists of runs in which a dataset is looked up, first found wins.")
final class ChainsCommand implements Runnable {
  private static final ObjectMapper JSON = new ObjectMapper();

  @SuppressWarnings("NullAway.Init")
  @picocli.CommandLine.Spec
  picocli.CommandLine.Model.CommandSpec spec;

  @Override
  public void run() {
    throw new picocli.CommandLine.ParameterException(
        spec.commandLine(), "chains needs one of list, show, prepend, remove, set");
  }

  @Command(name = "list", mixinStandardHelpOptions = true, description = "Names of all chains.")
  int list(
      @Mixin RepositoryOption repository,
      @Option(names = "--json", description = "One JSON document.") boolean json)
      throws IOException {
    Chains chains = new Chains(repository.root());
    ArrayNode out = JSON.createArrayNode();
    for (String name : chains.names()) {
      List<Collection> members = chains.members(name);
      ObjectNode node = out.addObject().put("chain", name);
      node.set("members", JSON.valueToTree(members.stream().map(Collection::toString).toList()));
      if (!json) {
        System.out.printf(
            "%-40s %4d  %s%n", name, members.size(), members.isEmpty() ? "" : members.get(0));
      }
    }
    if (json) {
      System.out.println(out.toPrettyString());
    }
    return 0;
  }

  @Command(
      name = "show",
      mixinStandardHelpOptions = true,
      description = "Members of a chain, the first searched first.")
  int show(
      @Mixin RepositoryOption repository,
      @Parameters(paramLabel = "CHAIN", description = "Name of the chain.") String name,
      @Option(names = "--flat", description = "The runs, nested chains resolved.") boolean flat,
      @Option(names = "--history", description = "All its states.") boolean history)
      throws IOException {
    Chains chains = new Chains(repository.root());
    String plain = plain(name);
    if (history) {
      chains.members(plain);
      for (Chains.State state : chains.history(plain)) {
        System.out.printf("%6d  %s  %s%n", state.revision(), state.time(), state.change());
      }
    } else if (flat) {
      chains.runs(Collection.chain(plain)).forEach(System.out::println);
    } else {
      chains.members(plain).forEach(System.out::println);
    }
    return 0;
  }

  @Command(
      name = "prepend",
      mixinStandardHelpOptions = true,
      description = "Puts runs or chains at the front; makes the chain when there is none.")
  int prepend(
      @Mixin RepositoryOption repository,
      @Parameters(paramLabel = "CHAIN", description = "Name of the chain.") String name,
      @Parameters(arity = "1..*", paramLabel = "MEMBER", description = "RUN or chain:NAME.")
          List<String> members)
      throws IOException {
    Path root = repository.root();
    print(new Chains(root).prepend(plain(name), existing(root, members)));
    return 0;
  }

  @Command(
      name = "remove",
      mixinStandardHelpOptions = true,
      description = "Takes runs or chains out.")
  int remove(
      @Mixin RepositoryOption repository,
      @Parameters(paramLabel = "CHAIN", description = "Name of the chain.") String name,
      @Parameters(arity = "1..*", paramLabel = "MEMBER", description = "RUN or chain:NAME.")
          List<String> members)
      throws IOException {
    print(
        new Chains(repository.root())
            .remove(plain(name), members.stream().map(Collection::parse).toList()));
    return 0;
  }

  @Command(
      name = "set",
      mixinStandardHelpOptions = true,
      description = "Replaces all members of a chain.")
  int set(
      @Mixin RepositoryOption repository,
      @Parameters(paramLabel = "CHAIN", description = "Name of the chain.") String name,
      @Parameters(arity = "0..*", paramLabel = "MEMBER", description = "RUN or chain:NAME.")
          List<String> members)
      throws IOException {
    Path root = repository.root();
    List<String> given = members == null ? List.of() : members;
    print(new Chains(root).set(plain(name), existing(root, given)));
    return 0;
  }

  private static String plain(String name) {
    return name.startsWith("chain:") ? name.substring("chain:".length()) : name;
  }

  /** Members that are there; a run that is not is an error with a suggestion. */
  private static List<Collection> existing(Path root, List<String> members) {
    List<Collection> out = new ArrayList<>();
    for (String text : members) {
      Collection member = Collection.parse(text);
      if (member.kind() == Collection.Kind.RUN) {
        RunCatalog.open(root, member.name());
      }
      out.add(member);
    }
    return out;
  }

  private static void print(Chains.State state) {
    state.members().forEach(System.out::println);
    System.err.printf("revision %d%n", state.revision());
  }
}
