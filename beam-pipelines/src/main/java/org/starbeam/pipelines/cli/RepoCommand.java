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
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.starbeam.hips.HipsFiles;
import org.starbeam.hips.HipsLint;
import org.starbeam.pipelines.ExitCode;
import org.starbeam.pipelines.UserException;
import org.starbeam.pipelines.campaign.RunCatalog;
import org.starbeam.pipelines.repository.DatasetAliases;
import org.starbeam.pipelines.repository.Expiry;
import org.starbeam.pipelines.repository.GarbageCollection;
import org.starbeam.pipelines.repository.Pruning;
import org.starbeam.pipelines.repository.Registry;
import org.starbeam.pipelines.repository.RepositoryCheck;
import org.starbeam.pipelines.repository.RepositoryFile;
import org.starbeam.schema.DatasetRef;
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
      RepoCommand.Verify.class,
      RepoCommand.Gc.class,
      RepoCommand.Prune.class,
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
      ObjectNode out = JSON.createObjectNode();
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

  private static String name(DatasetType.Retention retention) {
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
      ArrayNode out = JSON.createArrayNode();
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

  /** Whether a repository is sound. */
  @Command(
      name = "verify",
      mixinStandardHelpOptions = true,
      description =
          "Compares ledgers, files and content hashes; lists what is missing, corrupt or orphaned."
              + " Exit code 3 when something is missing or corrupt.")
  static final class Verify implements Callable<Integer> {
    @Mixin RepositoryOption repository = new RepositoryOption();

    @Parameters(
        arity = "0..*",
        paramLabel = "RUN",
        description = "Runs or chains to check (default: all).")
    List<String> runs = new ArrayList<>();

    @Option(
        names = "--sample",
        paramLabel = "F",
        defaultValue = "1",
        description = "Share of the files whose content is hashed (default: ${DEFAULT-VALUE}).")
    double sample = 1;

    @Option(
        names = "--hips",
        paramLabel = "DIR",
        description =
            "Checks this HiPS, or all that it holds, instead of a repository: every rule of the"
                + " standard, header and pixel of its tiles.")
    @Nullable Path hips;

    @Option(
        names = "--repair-index",
        description = "Makes the registry again from the ledgers first.")
    boolean repairIndex;

    @Mixin Answer answer = new Answer();

    @Override
    public Integer call() throws IOException {
      if (hips != null) {
        return hips(hips);
      }
      Path root = repository.root();
      if (!(sample >= 0 && sample <= 1)) {
        throw new UserException(ExitCode.USAGE, "--sample " + sample + ": expected 0 to 1");
      }
      List<String> wanted = wanted(root, runs);
      if (repairIndex) {
        for (String run : wanted) {
          Registry.rebuild(root, run);
          System.err.println("registry of run " + run + " made again from its ledger");
        }
      }
      RepositoryCheck.Result result = new RepositoryCheck(root, sample).run(wanted);
      if (answer.isJson()) {
        Answer.print(document(result));
      } else {
        print(result);
      }
      return (result.isSound() ? ExitCode.SUCCESS : ExitCode.INPUTS).code();
    }

    private int hips(Path directory) throws IOException {
      if (!runs.isEmpty() || repairIndex) {
        throw new UserException(ExitCode.USAGE, "--hips checks a directory and takes no runs");
      }
      ArrayNode trees = Answer.list();
      long faults = 0;
      for (Path tree : trees(directory)) {
        HipsLint lint = new HipsLint(HipsFiles.of(tree), true);
        List<HipsLint.Finding> findings = lint.run();
        faults += findings.size();
        ObjectNode node = trees.addObject().put("tree", tree.toString());
        ArrayNode found = node.put("tiles", lint.tiles()).putArray("findings");
        findings.forEach(f -> found.addObject().put("file", f.file()).put("what", f.what()));
        if (!answer.isJson()) {
          findings.forEach(f -> System.out.println(tree.resolve(f.file()) + ": " + f.what()));
          System.out.printf("%s: %d tiles, %d faults%n", tree, lint.tiles(), findings.size());
        }
      }
      if (answer.isJson()) {
        ObjectNode out = Answer.object().put("faults", faults);
        out.set("trees", trees);
        Answer.print(out);
      }
      return (faults == 0 ? ExitCode.SUCCESS : ExitCode.INPUTS).code();
    }

    /** The directory itself, or those in it that have properties. */
    private static List<Path> trees(Path directory) throws IOException {
      if (!Files.isDirectory(directory)) {
        throw new UserException(ExitCode.INPUTS, "--hips " + directory + " is no directory");
      }
      if (Files.exists(directory.resolve("properties"))) {
        return List.of(directory);
      }
      try (Stream<Path> below = Files.list(directory)) {
        List<Path> found =
            below.filter(d -> Files.exists(d.resolve("properties"))).sorted().toList();
        return found.isEmpty() ? List.of(directory) : found;
      }
    }

    private static ObjectNode document(RepositoryCheck.Result result) {
      ObjectNode out = JSON.createObjectNode();
      out.put("datasets", result.datasets()).put("hashed", result.hashed());
      out.put("pruned", result.pruned());
      for (RepositoryCheck.Kind kind : RepositoryCheck.Kind.values()) {
        out.put(kind.name().toLowerCase(Locale.ROOT), result.count(kind));
      }
      ArrayNode findings = out.putArray("findings");
      for (RepositoryCheck.Finding f : result.findings()) {
        findings
            .addObject()
            .put("kind", f.kind().name().toLowerCase(Locale.ROOT))
            .put("run", f.run())
            .put("dataset", f.dataset())
            .put("path", f.path())
            .put("why", f.why());
      }
      return out;
    }

    private static void print(RepositoryCheck.Result result) {
      for (RepositoryCheck.Finding f : result.findings()) {
        System.out.printf(
            "%-8s %s  %s%s%n",
            f.kind().name().toLowerCase(Locale.ROOT),
            f.path(),
            f.dataset().isEmpty() ? "" : f.dataset() + " of " + f.run() + ": ",
            f.why());
      }
      System.out.printf(
          "%,d datasets, %,d hashed, %,d pruned, %d missing, %d corrupt, %d orphaned%n",
          result.datasets(),
          result.hashed(),
          result.pruned(),
          result.count(RepositoryCheck.Kind.MISSING),
          result.count(RepositoryCheck.Kind.CORRUPT),
          result.count(RepositoryCheck.Kind.ORPHAN));
      if (!result.isSound()) {
        System.err.println(
            "next: launch the campaign of the run again; what is missing is made again");
      }
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
  private static void requireQuiet(Path root, String run) throws IOException {
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

  /** Datasets that may go. */
  @Command(
      name = "prune",
      mixinStandardHelpOptions = true,
      description =
          "Deletes datasets of a run by retention class. Their quanta stay done; what is needed"
              + " later is made again.")
  static final class Prune implements Callable<Integer> {
    @Mixin RepositoryOption repository = new RepositoryOption();

    @Mixin Answer answer = new Answer();

    @Parameters(arity = "0..1", paramLabel = "RUN", description = "Name of the run.")
    String run = "";

    @Option(
        names = "--expired",
        description =
            "The intermediates of all runs whose template keeps them for a time that is over.")
    boolean expired;

    @Option(
        names = "--class",
        split = ",",
        defaultValue = "intermediate",
        paramLabel = "CLASS",
        description = "intermediate, product, calib, cache (default: ${DEFAULT-VALUE}).")
    List<DatasetType.Retention> classes = new ArrayList<>();

    @Option(
        names = "--type",
        split = ",",
        paramLabel = "TYPE",
        description = "Only these dataset types of the class.")
    List<String> types = new ArrayList<>();

    @Option(names = "--yes", description = "Really delete.")
    boolean yes;

    @Option(
        names = "--force",
        description = "Also from a run that was written to within the last minute.")
    boolean force;

    @Override
    public Integer call() throws IOException {
      if (expired != run.isEmpty()) {
        throw new UserException(ExitCode.USAGE, "repo prune needs either RUN or --expired");
      }
      Path root = repository.root();
      long number = 0;
      long bytes = 0;
      ArrayNode shown = Answer.list();
      List<String> runs =
          expired
              ? Expiry.runs(root, System.currentTimeMillis())
              : List.of(RunCatalog.open(root, run).run());
      for (String name : runs) {
        Pruning pruning = new Pruning(root, name);
        Set<DatasetType.Retention> chosen =
            expired ? EnumSet.of(DatasetType.Retention.INTERMEDIATE) : EnumSet.copyOf(classes);
        List<DatasetRef> found = pruning.find(chosen, Set.copyOf(types));
        types(name, found, shown);
        if (yes) {
          if (!force) {
            requireQuiet(root, name);
          }
          pruning.delete(found, expired ? "repo prune --expired" : "repo prune");
        }
        number += found.size();
        bytes += found.stream().mapToLong(DatasetRef::getBytes).sum();
      }
      System.err.printf(
          "%d datasets, %,d bytes %s%n", number, bytes, yes ? "deleted" : "would be deleted");
      if (answer.isJson()) {
        ObjectNode out = Answer.object().put("deleted", yes);
        out.put("datasets", number).put("bytes", bytes).set("types", shown);
        Answer.print(out);
      } else {
        shown.forEach(Prune::print);
      }
      if (!yes && number > 0) {
        System.err.println("next: the same command with --yes");
      }
      return 0;
    }

    /** Adds number and bytes of each type. */
    private static void types(String run, List<DatasetRef> found, ArrayNode out) {
      Map<String, long[]> byType = new TreeMap<>();
      for (DatasetRef ref : found) {
        long[] sum = byType.computeIfAbsent(ref.getDatasetType(), t -> new long[2]);
        sum[0]++;
        sum[1] += ref.getBytes();
      }
      byType.forEach(
          (type, sum) ->
              out.addObject()
                  .put("run", run)
                  .put("type", type)
                  .put("retention", RepoCommand.name(DatasetTypes.named(type).retention()))
                  .put("datasets", sum[0])
                  .put("bytes", sum[1]));
    }

    private static void print(JsonNode type) {
      System.out.printf(
          "%s  %-14s%-28s%,10d datasets%,18d bytes%n",
          type.path("run").asText(),
          type.path("retention").asText(),
          type.path("type").asText(),
          type.path("datasets").asLong(),
          type.path("bytes").asLong());
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
