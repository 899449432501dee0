package org.starbeam.pipelines.cli;

import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.AutoComplete;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Prints a completion script for a shell. */
@Command(
    name = "completion",
    mixinStandardHelpOptions = true,
    description = "Prints a completion script: source <(starbeam completion bash).")
final class CompletionCommand implements Callable<Integer> {
  /** Shells with completion scripts; zsh reads bash's through bashcompinit. */
  enum Shell {
    BASH,
    ZSH,
    FISH
  }

  @Mixin Answer answer = new Answer();

  @Spec CommandSpec spec = CommandSpec.create();

  @Parameters(paramLabel = "SHELL", description = "${COMPLETION-CANDIDATES}.")
  Shell shell = Shell.BASH;

  @Override
  public Integer call() {
    CommandLine root = spec.root().commandLine();
    String text =
        switch (shell) {
          case BASH -> AutoComplete.bash("starbeam", root);
          case ZSH ->
              "autoload -U +X bashcompinit && bashcompinit\n" + AutoComplete.bash("starbeam", root);
          case FISH -> FishCompletion.script(root);
        };
    String name = shell.name().toLowerCase(Locale.ROOT);
    answer.print(text.stripTrailing(), Answer.object().put("shell", name).put("script", text));
    return 0;
  }
}
