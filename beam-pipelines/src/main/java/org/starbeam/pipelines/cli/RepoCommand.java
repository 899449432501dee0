package org.starbeam.pipelines.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import org.starbeam.pipelines.ExitCode;
import org.starbeam.pipelines.UserException;
import org.starbeam.pipelines.campaign.RunCatalog;
import org.starbeam.pipelines.repository.DatasetAliases;
import org.starbeam.pipelines.repository.GarbageCollection;
import org.starbeam.pipelines.repository.Pruning;
import org.starbeam.pipelines.repository.Registry;
import org.starbeam.pipelines.repository.RepositoryFile;
import org.starbeam.transforms.dataset.Chains;
import org.starbeam.transforms.dataset.DatasetType;
import org.starbeam.transforms.dataset.DatasetTypes;
import org.starbeam.transforms.dataset.RepositoryPaths;
import org.starbeam.transforms.quantum.LedgerCompaction;
import org.starbeam.transforms.store.DatasetFiles;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Looks after a repository. Whatever deletes shows what it would do and does it with --yes. */
@Command(
    name = "repo",
    mixinStandardHelpOptions = true,
    description = "Looks after a repository: what it holds, whether it is sound, what may go.",
    subcommands = {
      RepoCommand.Init.class,
      RepoCommand.Info.class,
      RepoCommand.Types.class,
      ChainsCommand.class,
      RepoVerifyCommand.class,
      RepoCommand.Gc.class,
      RepoPruneCommand.class,
      RepoCommand.Compact.class,
      RepoCommand.Migrate.class
    })
final class RepoCommand implements Runnable {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final long QUIET_MILLIS = 60_000;

  @SuppressWarnings("NullAway.Init")
  @picocli.CommandLine.Spec
  picocli.CommandLine.Model.CommandSpec spec;

  @Override
  public void run() {
    throw new picocli.CommandLine.ParameterException(
        spec.commandLine(), "repo needs one of " + String.join(", ", spec.subcommands().keySet()));
  }

  /** Makes a repository. */
  @Command(
      name = "init",
      mixinStandardHelpOptions = true,
      description = "Makes a directory a repository.")
  static final class Init implements Callable<Integer> {
    @Mixin RepositoryOption repository = new RepositoryOption();

    @Option(
        names = "--data",
        paramLabel = "URI",
        description =
            "Place in an object store for the datasets, as s3://bucket/prefix; chosen once."
                + " Ledgers, logs and registry stay in the directory.")
    String data = "";

    @Mixin Answer answer = new Answer();

    @Override
    public Integer call() {
      boolean made = RepositoryFile.init(repository.root(), data);
      System.err.println(made ? "made a repository" : "is a repository already");
      String root = repository.root().toString();
      answer.print(root, Answer.object().put("repository", root).put("made", made));
      return 0;
    }
  }

  /** What is in a repository. */
  @Command(
      name = "info",
      mixinStandardHelpOptions = true,
      description = "Shows format, runs, chains and what is stored by retention class.")
  static final class Info implements Callable<Integer> {
    @Mixin RepositoryOption repository = new RepositoryOption();

    @Mixin Answer answer = new Answer();

    @Override
    public Integer call() throws IOException {
      Path root = repository.root();
      JsonNode file = RepositoryFile.read(root);
      ObjectNode out = Answer.object();
      out.put("repository", root.toString());
      out.put("format", file.path("format").asInt());
      out.put("uuid", file.path("uuid").asText());
      out.put("data", DatasetFiles.of(root).place());
      ArrayNode runs = out.putArray("runs");
      Map<DatasetType.Retention, Pruning.Share> held = new TreeMap<>();
      for (String run : RunCatalog.runs(root)) {
        ObjectNode node = runs.addObject().put("run", run);
        new Pruning(root, run)
            .held()
            .forEach(
                (retention, share) -> {
                  node.put(name(retention), share.bytes());
                  held.merge(
                      retention,
                      share,
                      (a, b) ->
                          new Pruning.Share(a.datasets() + b.datasets(), a.bytes() + b.bytes()));
                });
      }
      ObjectNode classes = out.putObject("classes");
      held.forEach(
          (retention, share) ->
              classes
                  .putObject(name(retention))
                  .put("datasets", share.datasets())
                  .put("bytes", share.bytes()));
      ArrayNode chains = out.putArray("chains");
      new Chains(root).names().forEach(chains::add);
      if (answer.isJson()) {
        Answer.print(out);
      } else {
        print(out);
      }
      return 0;
    }

    private static void print(ObjectNode out) {
      System.out.printf(
          "%s%ndatasets in %s%nformat %d, %s%n%d runs, %d chains%n",
          out.path("repository").asText(),
          out.path("data").asText(),
          out.path("format").asInt(),
          out.path("uuid").asText(),
          out.path("runs").size(),
          out.path("chains").size());
      System.out.printf("%-14s%12s%20s%n", "class", "datasets", "bytes");
      out.path("classes")
          .properties()
          .forEach(
              c ->
                  System.out.printf(
                      "%-14s%,12d%,20d%n",
                      c.getKey(),
                      c.getValue().path("datasets").asLong(),
                      c.getValue().path("bytes").asLong()));
    }
  }

  /** A retention class as documents have it. */
  static String name(DatasetType.Retention retention) {
    return retention.name().toLowerCase(Locale.ROOT);
  }

  /** Kinds of datasets. */
  @Command(
      name = "types",
      mixinStandardHelpOptions = true,
      description = "Lists the kinds of datasets, with the names that others give them.")
  static final class Types implements Callable<Integer> {
    @Parameters(
        arity = "0..1",
        paramLabel = "WORD",
        description = "Only those whose name or alias has this in it, for example calexp.")
    String word = "";

    @Mixin Answer answer = new Answer();

    @Override
    public Integer call() {
      ArrayNode out = Answer.list();
      for (DatasetType type : DatasetTypes.ALL) {
        List<String> aliases = DatasetAliases.of(type.name());
        String all = (type.name() + " " + String.join(" ", aliases)).toLowerCase(Locale.ROOT);
        if (all.contains(word.toLowerCase(Locale.ROOT))) {
          ObjectNode node = out.addObject().put("name", type.name());
          node.set("dimensions", JSON.valueToTree(type.dimensions()));
          node.put("storage", type.storage().name().toLowerCase(Locale.ROOT));
          node.put("retention", name(type.retention()));
          node.set("aliases", JSON.valueToTree(aliases));
        }
      }
      if (answer.isJson()) {
        Answer.print(out);
        return 0;
      }
      System.out.printf(
          "%-28s%-10s%-14s%-40s%s%n",
          "name", "storage", "retention", "dimensions", "also known as");
      for (JsonNode type : out) {
        System.out.printf(
            "%-28s%-10s%-14s%-40s%s%n",
            type.path("name").asText(),
            type.path("storage").asText(),
            type.path("retention").asText(),
            texts(type.path("dimensions")),
            texts(type.path("aliases")));
      }
      return 0;
    }

    private static String texts(JsonNode list) {
      List<String> out = new ArrayList<>();
      list.forEach(t -> out.add(t.asText()));
      return String.join(" ", out);
    }
  }

  /** The runs that a user names, all of the repository when none. */
  static List<String> wanted(Path root, List<String> collections) {
    if (collections.isEmpty()) {
      return RunCatalog.runs(root);
    }
    Set<String> runs = new TreeSet<>();
    for (String collection : collections) {
      org.starbeam.pipelines.repository.Collections.runs(root, collection)
          .forEach(r -> runs.add(RunCatalog.open(root, r).run()));
    }
    return List.copyOf(runs);
  }

  /** Refuses a run whose ledger was written to a moment ago: it may be going on. */
  static void requireQuiet(Path root, String run) throws IOException {
    long last = new LedgerCompaction(RepositoryPaths.ledger(root, run)).lastWrite();
    if (System.currentTimeMillis() - last < QUIET_MILLIS) {
      throw new UserException(
          ExitCode.CONFLICT,
          "run " + run + " was written to within the last minute; it may be going on",
          "starbeam status " + run + " --repo " + root);
    }
  }

  /** What dead attempts left. */
  @Command(
      name = "gc",
      mixinStandardHelpOptions = true,
      description = "Deletes files that no ledger names and staging files, older than a day.")
  static final class Gc implements Callable<Integer> {
    @Mixin RepositoryOption repository = new RepositoryOption();

    @Mixin Answer answer = new Answer();

    @Option(
        names = "--older",
        paramLabel = "HOURS",
        defaultValue = "24",
        description = "Age in hours (default: ${DEFAULT-VALUE}).")
    double hours = 24;

    @Option(names = "--yes", description = "Really delete.")
    boolean yes;

    @Override
    public Integer call() throws IOException {
      Duration age = Duration.ofSeconds(Math.round(hours * 3600));
      GarbageCollection collection = new GarbageCollection(repository.root(), age);
      List<GarbageCollection.Item> items = collection.find(System.currentTimeMillis());
      long bytes = 0;
      ArrayNode files = Answer.list();
      for (GarbageCollection.Item item : items) {
        bytes += item.bytes();
        String kind = item.staging() ? "staging" : "orphan";
        files.addObject().put("kind", kind).put("path", item.path()).put("bytes", item.bytes());
        if (!answer.isJson()) {
          System.out.printf("%-7s  %s  %,d bytes%n", kind, item.path(), item.bytes());
        }
      }
      if (yes) {
        collection.delete(items);
      }
      System.err.printf(
          "%d files, %,d bytes %s%n", items.size(), bytes, yes ? "deleted" : "would be deleted");
      if (answer.isJson()) {
        ObjectNode out = Answer.object().put("deleted", yes).put("bytes", bytes);
        out.set("files", files);
        Answer.print(out);
      }
      if (!yes && !items.isEmpty()) {
        System.err.println("next: the same command with --yes");
      }
      return 0;
    }
  }

  /** Ledger in one file. */
  @Command(
      name = "compact",
      mixinStandardHelpOptions = true,
      description = "Merges the ledger segments of runs into one sorted file each.")
  static final class Compact implements Callable<Integer> {
    @Mixin RepositoryOption repository = new RepositoryOption();

    @Mixin Answer answer = new Answer();

    @Parameters(arity = "0..*", paramLabel = "RUN", description = "Runs (default: all).")
    List<String> runs = new ArrayList<>();

    @Option(
        names = "--force",
        description = "Also a ledger that was written to within the last minute.")
    boolean force;

    @Override
    public Integer call() throws IOException {
      Path root = repository.root();
      ArrayNode out = Answer.list();
      for (String run : wanted(root, runs)) {
        LedgerCompaction compaction = new LedgerCompaction(RepositoryPaths.ledger(root, run));
        if (!force) {
          requireQuiet(root, run);
        }
        LedgerCompaction.Result result = compaction.run();
        Registry.of(root, run);
        out.addObject()
            .put("run", run)
            .put("files", result.files())
            .put("recordsBefore", result.recordsBefore())
            .put("bytesBefore", result.bytesBefore())
            .put("recordsAfter", result.recordsAfter())
            .put("bytesAfter", result.bytesAfter());
        if (answer.isJson()) {
          continue;
        }
        System.out.printf(
            "%s: %d files, %,d records, %,d bytes -> %,d records, %,d bytes%n",
            run,
            result.files(),
            result.recordsBefore(),
            result.bytesBefore(),
            result.recordsAfter(),
            result.bytesAfter());
      }
      if (answer.isJson()) {
        Answer.print(out);
      }
      return 0;
    }
  }

  /** To the newest format. */
  @Command(
      name = "migrate",
      mixinStandardHelpOptions = true,
      description = "Brings a repository to the newest format and makes what is derived again.")
  static final class Migrate implements Callable<Integer> {
    @Mixin RepositoryOption repository = new RepositoryOption();

    @Mixin Answer answer = new Answer();

    @Option(names = "--yes", description = "Really change it.")
    boolean yes;

    @Override
    public Integer call() throws IOException {
      Path root = repository.root();
      List<String> runs = RunCatalog.runs(root);
      boolean file = Files.isRegularFile(root.resolve("repo.json"));
      if (file) {
        RepositoryFile.read(root);
      }
      String state =
          file ? "format " + RepositoryFile.FORMAT + " is the newest" : "repo.json to be written";
      ObjectNode out = Answer.object().put("migrated", yes).put("format", RepositoryFile.FORMAT);
      out.put("writesRepositoryFile", !file).set("registries", Answer.list(runs));
      answer.print(state + "; registries of " + runs.size() + " runs to be made again", out);
      if (!yes) {
        System.err.println("next: the same command with --yes");
        return 0;
      }
      RepositoryFile.init(root);
      for (String run : runs) {
        Registry.rebuild(root, run);
      }
      return 0;
    }
  }
}
