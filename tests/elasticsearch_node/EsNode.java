import java.nio.file.Path;
import java.util.Map;
import java.util.Set;
import org.elasticsearch.common.logging.LogConfigurator;
import org.elasticsearch.common.settings.Settings;
import org.elasticsearch.node.InternalSettingsPreparer;
import org.elasticsearch.node.Node;
import org.elasticsearch.plugins.PluginsLoader;

/**
 * A real node on loopback, without the launcher that only the full distribution has.
 *
 * <p>Usage: EsNode HOME SETTING=VALUE ... ; a value with commas is a list. Prints STARTED when it
 * answers, and ends when its standard input does: whoever started it takes it along.
 */
public class EsNode {
  public static void main(String[] args) throws Exception {
    Path home = Path.of(args[0]).toAbsolutePath();
    Settings settings = settings(home, args);
    String name = settings.get("node.name");
    LogConfigurator.configureESLogging();
    var environment =
        InternalSettingsPreparer.prepareEnvironment(
            settings, Map.of(), home.resolve("config"), () -> name);
    var modules = PluginsLoader.loadModulesBundles(environment.modulesDir());
    var plugins = PluginsLoader.createPluginsLoader(modules, Set.of(), Map.of());
    Node node = new Node(environment, plugins);
    node.start();
    System.out.println("STARTED");
    while (System.in.read() >= 0) {}
    node.close();
    System.exit(0);
  }

  private static Settings settings(Path home, String[] args) {
    Settings.Builder settings =
        Settings.builder()
            .put("path.home", home.toString())
            .put("path.data", home.resolve("data").toString())
            .put("cluster.name", "truceline-tests")
            .put("network.host", "127.0.0.1")
            .put("cluster.routing.allocation.disk.threshold_enabled", false);
    for (int i = 1; i < args.length; i++) {
      String[] pair = args[i].split("=", 2);
      if (pair[1].contains(",")) {
        settings.putList(pair[0], pair[1].split(","));
      } else {
        settings.put(pair[0], pair[1]);
      }
    }
    return settings.build();
  }
}
