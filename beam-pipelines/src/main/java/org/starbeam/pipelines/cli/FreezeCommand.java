package org.starbeam.pipelines.cli;

import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.starbeam.pipelines.ExitCode;
import org.starbeam.pipelines.LaunchSettings;
import org.starbeam.pipelines.PipelineLauncher;
import org.starbeam.pipelines.UserException;
import org.starbeam.pipelines.campaign.Campaign;
import org.starbeam.pipelines.campaign.CampaignSettings;
import org.starbeam.pipelines.campaign.FreezeLock;
import org.starbeam.pipelines.campaign.Template;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Writes the lock of a release. */
@Command(
    name = "freeze",
    mixinStandardHelpOptions = true,
    description =
        "Writes the lock of a release: software, configuration, task versions and inputs as they are"
            + " now. 'launch --locked FILE' then refuses whatever differs.")
final class FreezeCommand implements Callable<Integer> {
  private static final Path NO_FILE = Path.of("");
  private static final String SHARDS = "none|[a-z]+:[0-9]{1,6}";

  @Mixin RepositoryOption repository = new RepositoryOption();

  @Mixin CampaignOptions options = new CampaignOptions();

  @Parameters(
      arity = "0..1",
      paramLabel = "TEMPLATE",
      description = "Template or campaign file of the release; with --amend that of the lock.")
  String template = "";

  @Option(names = "--name", paramLabel = "NAME", description = "Name of the release.")
  String name = "";

  @Option(
      names = "--out",
      paramLabel = "FILE",
      description = "The lock; must not exist (default: NAME.lock.yaml).")
  Path out = NO_FILE;

  @Option(
      names = "--runner",
      description = "direct or flink (default: STARBEAM_RUNNER, else direct).")
  String runner = PipelineLauncher.usual();

  @Option(
      names = "--shards",
      defaultValue = "none",
      paramLabel = "DIMENSION:COUNT",
      description = "How the launches of the release are cut into shards (default: none).")
  String shards = "none";

  @Option(
      names = "--amend",
      paramLabel = "LOCK",
      description =
          "Writes the lock that follows this one, NAME-p1, for the software as it is now.")
  Path amend = NO_FILE;

  @Option(
      names = "--change",
      paramLabel = "FILE",
      description =
          "What the change does: kind (no-product-change, declared-change, operations-only), summary,"
              + " tasks, products. A change that is not of its kind is refused.")
  Path change = NO_FILE;

  @Mixin Answer answer = new Answer();

  @Override
  public Integer call() {
    FreezeLock lock = amend.equals(NO_FILE) ? fresh() : amended();
    Path file = out.equals(NO_FILE) ? Path.of(lock.name() + ".lock.yaml") : out;
    lock.write(file);
    answer.print(
        file.toString(), Answer.object().put("name", lock.name()).put("lock", file.toString()));
    return ExitCode.SUCCESS.code();
  }

  private FreezeLock fresh() {
    if (name.isEmpty() || template.isEmpty()) {
      throw new UserException(
          ExitCode.USAGE,
          "a lock needs --name and a template",
          "starbeam freeze --name DR1 data-release --set ...");
    }
    if (!name.matches("[A-Za-z0-9_.-]+")) {
      throw new UserException(
          ExitCode.USAGE, "--name " + name + ": a name has letters, digits, '_', '.' and '-'");
    }
    if (!shards.matches(SHARDS)) {
      throw new UserException(
          ExitCode.USAGE, "--shards " + shards + ": expected DIMENSION:COUNT, as visit:4");
    }
    Campaign campaign = options.resolve(Template.load(template));
    return FreezeLock.of(
        name,
        campaign(campaign),
        new FreezeLock.Given(template, options.paramsFile, options.all()),
        shards,
        BuildInfo.version());
  }

  private FreezeLock amended() {
    if (change.equals(NO_FILE)) {
      throw new UserException(ExitCode.USAGE, "--amend needs --change FILE");
    }
    FreezeLock lock = FreezeLock.read(amend);
    String from = template.isEmpty() ? lock.template() : template;
    Campaign campaign = Template.load(from).resolve(lock.paramsFile(), lock.settings());
    return lock.amend(change, campaign(campaign), BuildInfo.version());
  }

  private CampaignSettings campaign(Campaign campaign) {
    return new CampaignSettings(
        campaign,
        campaign.steps(),
        repository.root(),
        "freeze",
        runner,
        LaunchSettings.ofParallelism(1),
        null);
  }
}
