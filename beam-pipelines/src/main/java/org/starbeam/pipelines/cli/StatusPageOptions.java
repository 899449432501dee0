package org.starbeam.pipelines.cli;

import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import org.starbeam.pipelines.observe.StatusServer;
import picocli.CommandLine.Option;

/** Where the status page is served. */
final class StatusPageOptions {
  @Option(
      names = {"--status-port", "--port"},
      paramLabel = "PORT",
      defaultValue = "8642",
      description =
          "Port of the status page (default: ${DEFAULT-VALUE}; when it is taken, another one);"
              + " 0 = no page.")
  int port = StatusServer.DEFAULT_PORT;

  @Option(
      names = "--status-bind",
      paramLabel = "ADDRESS",
      defaultValue = "127.0.0.1",
      description =
          "Interface of the status page (default: ${DEFAULT-VALUE}); any other than the loopback"
              + " needs --status-token-file.")
  String bind = "127.0.0.1";

  @Option(
      names = "--status-token-file",
      paramLabel = "FILE",
      description = "File with a token of 16 characters or more that requests must carry.")
  @Nullable Path tokenFile;

  StatusServer.Address address() {
    return StatusServer.Address.of(port, bind, tokenFile);
  }
}
