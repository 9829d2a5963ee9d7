import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import org.elasticsearch.common.logging.LogConfigurator;
import org.elasticsearch.env.Environment;
import org.elasticsearch.common.settings.Settings;
import org.elasticsearch.node.InternalSettingsPreparer;
import org.elasticsearch.node.Node;
import org.elasticsearch.plugins.PluginsLoader;

/**
 * Runs one Elasticsearch node inside this process until the process is told to end.
 *
 * The only argument is the node's home: config/elasticsearch.yml, modules/, plugins/, data/ and logs/ are found below it.
 * A packaged Elasticsearch brings a launcher of its own; this one serves development and continuous integration, where
 * the server comes as plain jars.
 */
public final class HotlineSearchNode {
    private HotlineSearchNode() {}

    public static void main(String[] arguments) throws Exception {
        Path home = Path.of(arguments[0]).toAbsolutePath();
        LogConfigurator.configureESLogging();
        Node node = new Node(environment(home), plugins(home));
        CountDownLatch ended = new CountDownLatch(1);
        Runtime.getRuntime().addShutdownHook(new Thread(() -> end(node, ended), "end-node"));
        node.start();
        ended.await();
    }

    private static Environment environment(Path home) {
        Settings settings = Settings.builder().put("path.home", home).build();
        return InternalSettingsPreparer.prepareEnvironment(settings, Map.of(), home.resolve("config"), () -> "hotline");
    }

    private static PluginsLoader plugins(Path home) throws Exception {
        var modules = PluginsLoader.loadModulesBundles(home.resolve("modules"), false);
        var plugins = PluginsLoader.loadPluginsBundles(home.resolve("plugins"), false);
        return PluginsLoader.createPluginsLoader(modules, plugins, Map.of(), false);
    }

    private static void end(Node node, CountDownLatch ended) {
        try {
            node.prepareForClose();
            node.close();
        } catch (Exception failure) {
            failure.printStackTrace();
        } finally {
            ended.countDown();
        }
    }
}
