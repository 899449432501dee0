package org.starbeam.runners.store;

import org.apache.beam.sdk.io.aws2.options.S3ClientBuilderFactory;
import org.apache.beam.sdk.io.aws2.options.S3Options;
import org.apache.beam.sdk.io.aws2.s3.DefaultS3ClientBuilderFactory;
import software.amazon.awssdk.core.retry.RetryMode;
import software.amazon.awssdk.services.s3.S3ClientBuilder;

/**
 * Clients of S3. Servers of others are asked for {@code HOST/bucket/key}: their certificates and
 * name servers seldom know {@code bucket.HOST}. What a server does not do at once is asked again by
 * the client itself before Starbeam does.
 */
public final class S3Clients implements S3ClientBuilderFactory {
  private final S3ClientBuilderFactory usual = new DefaultS3ClientBuilderFactory();

  @Override
  public S3ClientBuilder createBuilder(S3Options options) {
    S3ClientBuilder builder = usual.createBuilder(options);
    builder.overrideConfiguration(c -> c.retryPolicy(RetryMode.STANDARD));
    return options.getEndpoint() == null ? builder : builder.forcePathStyle(true);
  }
}
