package org.starbeam.pipelines.cli;

import java.util.concurrent.CountDownLatch;
import org.starbeam.pipelines.observe.RunMonitor;
import org.starbeam.pipelines.observe.StatusServer;

/** Serves the pages of a run, its status and its report, until the process is interrupted. */
final class RunPages {
  private RunPages() {}

  /**
   * @param path page whose address is printed, below that of the server
   */
  static void serve(RunMonitor monitor, StatusPageOptions page, String path, Answer answer)
      throws InterruptedException {
    monitor.refresh();
    monitor.save();
    try (StatusServer server = StatusServer.open(monitor, page.address())) {
      String url = server.url() + path;
      answer.print(url, Answer.object().put("url", url));
      System.out.flush();
      new CountDownLatch(1).await();
    }
  }
}
