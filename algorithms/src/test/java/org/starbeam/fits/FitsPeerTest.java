package org.starbeam.fits;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.starbeam.image.Box;
import org.starbeam.image.ImageF;
import org.starbeam.image.MaskPlanes;
import org.starbeam.image.MaskedImage;

/** Files go both ways between this package and astropy. */
@Tag("peer")
class FitsPeerTest {
  private static final String PYTHON = "/usr/bin/python3";

  @TempDir Path folder;

  @BeforeAll
  static void needsAstropy() throws Exception {
    boolean there = false;
    if (Files.isExecutable(Path.of(PYTHON))) {
      Process p = new ProcessBuilder(PYTHON, "-c", "import astropy").start();
      there = p.waitFor(60, TimeUnit.SECONDS) && p.exitValue() == 0;
    }
    Assumptions.assumeTrue(there, "no python3 with astropy");
  }

  private String python(String script) throws IOException, InterruptedException {
    Path file = folder.resolve("script.py");
    Files.writeString(file, "import numpy as np\nfrom astropy.io import fits\n" + script);
    Process p =
        new ProcessBuilder(PYTHON, "-W", "error", file.toString())
            .directory(folder.toFile())
            .redirectErrorStream(true)
            .start();
    String out = new String(p.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(p.waitFor()).as(out).isZero();
    return out;
  }

  private float[] floats(String name) throws IOException {
    ByteBuffer bytes =
        ByteBuffer.wrap(Files.readAllBytes(folder.resolve(name))).order(ByteOrder.LITTLE_ENDIAN);
    float[] out = new float[bytes.remaining() / 4];
    bytes.asFloatBuffer().get(out);
    return out;
  }

  @Test
  void astropyReadsImageFilesWithTheSamePixelsMasksCardsAndTables() throws Exception {
    MaskedImage image = ImageFileTest.skyFrame(new Box(-3, 7, 333, 257), 8);
    ImageFile file = ImageFileTest.sample(image);
    for (boolean plain : new boolean[] {false, true}) {
      ImageFile.Form form =
          plain ? ImageFile.Form.plain() : ImageFile.Form.quantised(20, image, "visit/1");
      file.write(folder.resolve("a.fits"), form);
      String out =
          python(
              """
              with fits.open('a.fits', checksum=True) as h:
                  h.verify('exception')
                  assert [x.name for x in h] == ['PRIMARY', 'IMAGE', 'MASK', 'VARIANCE', 'PSF']
                  h['IMAGE'].data.astype('<f4').tofile('image')
                  h['VARIANCE'].data.astype('<f4').tofile('variance')
                  h['MASK'].data.astype('<i4').tofile('mask')
                  hd = h['MASK'].header
                  assert hd['MP_SAT'] == 1 and hd['HIERARCH MP_DETECTED_NEGATIVE'] == 6
                  assert hd['CRVAL1A'] == -3 and hd['LTV2'] == -7 and hd['CRPIX1'] == 515.25
                  assert h[0].header['VISIT'] == 20210907000123
                  print(h[0].header['STORY'])
                  t = h['PSF'].data
                  assert t['id'][0] == 1 << 40 and t['name'][1] == 'long name'
                  assert t['coef'].shape == (2, 3) and t['ok'][0] and not t['ok'][1]
                  h.verify('exception')
              """);
      assertThat(out.strip()).isEqualTo(file.header().string("STORY"));
      MaskedImage own = ImageFile.read(folder.resolve("a.fits")).image();
      assertThat(floats("image")).isEqualTo(own.image().toArray());
      float[] variance = floats("variance");
      for (int i = 0; i < variance.length; i++) {
        assertThat(variance[i]).isEqualTo(own.variance().data[i]);
      }
      ByteBuffer mask =
          ByteBuffer.wrap(Files.readAllBytes(folder.resolve("mask")))
              .order(ByteOrder.LITTLE_ENDIAN);
      for (int i = 0; i < variance.length; i++) {
        assertThat(mask.getInt()).isEqualTo(image.mask().data[i]);
      }
    }
  }

  @Test
  void astropyReadsCompressedUnsignedShorts() throws Exception {
    short[] pixels = new short[100 * 70];
    for (int i = 0; i < pixels.length; i++) {
      pixels[i] = (short) (i * 37 % 65536);
    }
    for (boolean compressed : new boolean[] {true, false}) {
      Map<String, Object> cards = new LinkedHashMap<>();
      try (FitsWriter writer = FitsWriter.create(folder.resolve("raw.fits"))) {
        writer.primary(cards).unsignedShorts("AMP", 100, 70, pixels, cards, compressed).commit();
      }
      python(
          """
          with fits.open('raw.fits', checksum=True) as h:
              h.verify('exception')
              d = h[1].data
              e = (np.arange(7000) * 37 % 65536).reshape(70, 100)
              assert d.dtype.kind == 'u' and (d == e).all()
          """);
      try (FitsReader reader = FitsReader.open(folder.resolve("raw.fits"))) {
        assertThat(reader.readShorts(reader.hdu("AMP"))).isEqualTo(pixels);
      }
    }
  }

  @Test
  void everyCompressionOfAstropyIsReadWithTheSameValues() throws Exception {
    python(
        """
        rng = np.random.default_rng(1)
        f = rng.normal(100, 10, (130, 171)).astype('f4')
        f[40:60, 50:80] = 0
        n = f.copy(); n[3, 4] = np.nan; n[100, 20:30] = np.nan
        i = rng.poisson(1000, (130, 171))
        k = 0
        def put(data, **kw):
            global k
            h = fits.CompImageHDU(data, name='X%d' % k, **kw)
            fits.HDUList([fits.PrimaryHDU(), h]).writeto('c%d.fits' % k)
            with fits.open('c%d.fits' % k) as g:
                g[1].data.astype('<f4').tofile('c%d' % k)
            k += 1
        for t in ('RICE_1', 'GZIP_1', 'GZIP_2', 'HCOMPRESS_1'):
            put(i.astype('i2'), compression_type=t)
            put(i.astype('i4'), compression_type=t, tile_size=[64, 32])
            put(f, compression_type=t, quantize_level=16, quantize_method=1, dither_seed=123)
            put(f, compression_type=t, quantize_level=16, quantize_method=-1)
        put(i.astype('u1'), compression_type='RICE_1')
        put((i + 30000).astype('u2'), compression_type='RICE_1')
        put((i % 2).astype('i2'), compression_type='PLIO_1')
        put(f, compression_type='RICE_1', quantize_level=16, quantize_method=2, dither_seed=9999)
        put(n, compression_type='RICE_1', quantize_level=4, quantize_method=1, dither_seed=7)
        d = np.fromfile('c%d' % (k - 1), '<f4').reshape(n.shape)
        d[np.isnan(n)] = np.nan  # astropy 5.2 gives the blank level itself for a run of them
        d.tofile('c%d' % (k - 1))
        put(f, compression_type='GZIP_2', quantize_level=0)
        put(np.where(i > 1000, 1e30, 1).astype('f4'), compression_type='RICE_1', quantize_method=1)
        print(k)
        """);
    for (int k = 0; Files.exists(folder.resolve("c" + k)); k++) {
      try (FitsReader reader = FitsReader.open(folder.resolve("c" + k + ".fits"))) {
        FitsHdu hdu = reader.hdu("X" + k);
        ImageF image = reader.readFloats(hdu);
        float[] expected = floats("c" + k);
        for (int i = 0; i < expected.length; i++) {
          assertThat(Float.floatToIntBits(image.data[i]))
              .as("file %d, %s, pixel %d", k, hdu.stored().string("ZCMPTYPE"), i)
              .isEqualTo(Float.floatToIntBits(expected[i]));
        }
        Box box = new Box(37, 55, 101, 40);
        assertThat(Arrays.equals(reader.readFloats(hdu, box).data, image.view(box).toArray()))
            .isTrue();
      }
    }
    assertThat(folder.resolve("c22")).exists();
  }

  @Test
  void plainImagesOfEveryTypeAndTablesAreReadLikeAstropy() throws Exception {
    python(
        """
        rng = np.random.default_rng(2)
        a = rng.integers(0, 250, (33, 21))
        hdus = [fits.PrimaryHDU(a.astype('u1'))]
        for t in ('i2', 'u2', 'i4', 'u4', 'f4', 'f8'):
            hdus.append(fits.ImageHDU(a.astype(t) * (1 if t[0] != 'f' else 1.5), name=t))
        s = fits.ImageHDU(a.astype('f4'), name='scaled')
        s.scale('int16', bscale=0.5, bzero=10)
        hdus.append(s)
        col = fits.Column
        t = fits.BinTableHDU.from_columns([
            col('u', 'J', bzero=2**31, array=np.array([1, 2**32 - 1], 'u4')),
            col('n', 'I', null=-9, array=np.array([4, -9], 'i2')),
            col('v', 'PD()', array=np.array([[1., 2.], [3., 4., 5.]], dtype=object)),
            col('s', '5A', array=['ab', 'cdefg']), col('b', 'L', array=[True, False])], name='t')
        hdus.append(t)
        fits.HDUList(hdus).writeto('p.fits')
        import gzip, shutil
        shutil.copyfileobj(open('p.fits', 'rb'), gzip.open('p.fits.gz', 'wb'))
        a.astype('<f4').tofile('a')
        """);
    float[] a = floats("a");
    for (String name : new String[] {"p.fits", "p.fits.gz"}) {
      try (FitsReader reader = FitsReader.open(folder.resolve(name))) {
        for (FitsHdu hdu : reader.hdus()) {
          if (!hdu.isImage()) {
            continue;
          }
          float[] read = reader.readFloats(hdu).data;
          boolean times = hdu.name().startsWith("f") || hdu.name().startsWith("F");
          for (int i = 0; i < a.length; i++) {
            assertThat(read[i]).as(hdu.name()).isEqualTo(times ? a[i] * 1.5f : a[i]);
          }
        }
        FitsTable table = reader.readTable("t");
        assertThat(table.columns().get("u")).isEqualTo(new long[] {1, (1L << 32) - 1});
        assertThat(table.columns().get("n")).isEqualTo(new double[] {4, Double.NaN});
        assertThat(table.columns().get("v")).isEqualTo(new double[][] {{1, 2}, {3, 4, 5}});
        assertThat(table.columns().get("s")).isEqualTo(new String[] {"ab", "cdefg"});
        assertThat(table.columns().get("b")).isEqualTo(new boolean[] {true, false});
      }
    }
  }

  @Test
  void foreignFormsBecomeImageMaskAndVariance() throws Exception {
    python(
        """
        d = np.arange(600, dtype='f4').reshape(20, 30)
        p = fits.PrimaryHDU()
        def out(name, *h):
            fits.HDUList([p, *h]).writeto(name)
        i = fits.ImageHDU
        dq = np.zeros((20, 30), 'i2'); dq[2, 3] = 4
        out('sci.fits', i(d, name='SCI'), i(dq, name='DQ'), i(d * 0 + 3, name='ERR'))
        w = d * 0 + 0.25; w[5, 6] = 0
        out('wht.fits', i(d, name='IMAGE'), i(w, name='WHT'))
        m = np.zeros((20, 30), 'i4'); m[1, 1] = 1; m[1, 2] = 2; m[1, 3] = 4
        mask = i(m, name='MASK')
        mask.header['MP_SAT'] = 0
        mask.header['HIERARCH MP_MY_OWN_PLANE'] = 1
        mask.header['MP_CR'] = 2
        out('mp.fits', i(d, name='IMAGE'), mask)
        fits.PrimaryHDU(d).writeto('one.fits')
        """);
    try (TiledCutout in = TiledCutout.open(folder.resolve("sci.fits"))) {
      MaskedImage image = in.read(in.box());
      assertThat(image.variance().get(4, 4)).isEqualTo(9);
      assertThat(image.mask().get(3, 2)).isEqualTo(MaskPlanes.BAD);
    }
    try (TiledCutout in = TiledCutout.open(folder.resolve("wht.fits"))) {
      MaskedImage image = in.read(in.box());
      assertThat(image.variance().get(4, 4)).isEqualTo(4);
      assertThat(image.variance().get(6, 5)).isEqualTo(Float.POSITIVE_INFINITY);
      assertThat(image.mask().get(6, 5)).isEqualTo(MaskPlanes.NO_DATA);
    }
    try (TiledCutout in = TiledCutout.open(folder.resolve("mp.fits"))) {
      MaskedImage image = in.read(in.box());
      int own = in.planes().get("MY_OWN_PLANE");
      assertThat(own).isEqualTo(28);
      assertThat(image.mask().get(1, 1)).isEqualTo(MaskPlanes.SAT);
      assertThat(image.mask().get(2, 1)).isEqualTo(1 << own);
      assertThat(image.mask().get(3, 1)).isEqualTo(MaskPlanes.CR);
      assertThat(in.hasVariance()).isFalse();
    }
    assertThat(ImageFile.read(folder.resolve("one.fits")).image().image().get(7, 3)).isEqualTo(97);
  }
}
