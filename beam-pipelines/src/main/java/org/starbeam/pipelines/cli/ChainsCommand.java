package org.starbeam.pipelines.cli;

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
  @SuppressWarnings("NullAway.Init")
  @picocli.CommandLine.Spec
  picocli.CommandLine.Model.CommandSpec spec;

  @Override
  public void run() {
    throw new picocli.CommandLine.ParameterException(
        spec.commandLine(), "chains needs one of list, show, prepend, remove, set");
  }

  @Command(name = "list", mixinStandardHelpOptions = true, description = "Names of all chains.")
  int list(@Mixin RepositoryOption repository, @Mixin Answer answer) throws IOException {
    Chains chains = new Chains(repository.root());
    ArrayNode out = Answer.list();
    for (String name : chains.names()) {
      List<Collection> members = chains.members(name);
      ObjectNode node = out.addObject().put("chain", name);
      node.set("members", Answer.list(members));
      if (!answer.isJson()) {
        System.out.printf(
            "%-40s %4d  %s%n", name, members.size(), members.isEmpty() ? "" : members.get(0));
      }
    }
    if (answer.isJson()) {
      Answer.print(out);
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
      @Option(names = "--history", description = "All its states.") boolean history,
      @Mixin Answer answer)
      throws IOException {
    Chains chains = new Chains(repository.root());
    String plain = plain(name);
    List<Collection> members = chains.members(plain);
    if (history) {
      ArrayNode states = Answer.list();
      for (Chains.State state : chains.history(plain)) {
        states.add(json(plain, state));
        if (!answer.isJson()) {
          System.out.printf("%6d  %s  %s%n", state.revision(), state.time(), state.change());
        }
      }
      if (answer.isJson()) {
        Answer.print(states);
      }
      return 0;
    }
    List<?> shown = flat ? chains.runs(Collection.chain(plain)) : members;
    if (answer.isJson()) {
      ObjectNode out = Answer.object().put("chain", plain);
      out.set("members", Answer.list(shown));
      Answer.print(out);
    } else {
      shown.forEach(System.out::println);
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
          List<String> members,
      @Mixin Answer answer)
      throws IOException {
    Path root = repository.root();
    print(plain(name), new Chains(root).prepend(plain(name), existing(root, members)), answer);
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
          List<String> members,
      @Mixin Answer answer)
      throws IOException {
    print(
        plain(name),
        new Chains(repository.root())
            .remove(plain(name), members.stream().map(Collection::parse).toList()),
        answer);
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
          List<String> members,
      @Mixin Answer answer)
      throws IOException {
    Path root = repository.root();
    List<String> given = members == null ? List.of() : members;
    print(plain(name), new Chains(root).set(plain(name), existing(root, given)), answer);
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

  private static void print(String chain, Chains.State state, Answer answer) {
    if (answer.isJson()) {
      Answer.print(json(chain, state));
    } else {
      state.members().forEach(System.out::println);
    }
    System.err.printf("revision %d%n", state.revision());
  }

  private static ObjectNode json(String chain, Chains.State state) {
    ObjectNode out = Answer.object().put("chain", chain).put("revision", state.revision());
    out.set("members", Answer.list(state.members()));
    return out.put("time", state.time()).put("change", state.change());
  }
}
