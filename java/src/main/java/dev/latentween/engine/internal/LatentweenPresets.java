package dev.latentween.engine.internal;

import org.bytedeco.javacpp.annotation.Platform;
import org.bytedeco.javacpp.annotation.Properties;
import org.bytedeco.javacpp.tools.Info;
import org.bytedeco.javacpp.tools.InfoMap;
import org.bytedeco.javacpp.tools.InfoMapper;

/** Tells JavaCPP how to bind {@code latentween.h}; the build generates the classes beside it. */
@Properties(
    value =
        @Platform(
            value = "linux-x86_64",
            include = "latentween/latentween.h",
            link = "latentween",
            preload = {"gomp@.1", "dnnl@.3"},
            preloadresource = "/org/bytedeco/dnnl/"),
    target = "dev.latentween.engine.internal",
    global = "dev.latentween.engine.internal.LatentweenC")
public class LatentweenPresets implements InfoMapper {
  @Override
  public void map(InfoMap infoMap) {
    infoMap.put(new Info("LTW_API").cppTypes().annotations());
  }
}
