import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.Paths;
import java.nio.file.StandardOpenOption;
import java.time.Instant;
import java.util.Locale;
import org.junit.platform.engine.TestExecutionResult;
import org.junit.platform.launcher.TestExecutionListener;
import org.junit.platform.launcher.TestIdentifier;
import org.junit.platform.launcher.TestPlan;

/**
 * Tells the leak gate (lockkeeper test) which test runs when. For JUnit 5: put this class among the tests' classes, and
 * its name into META-INF/services/org.junit.platform.launcher.TestExecutionListener. Without the gate it does nothing.
 */
public class LockkeeperListener implements TestExecutionListener {
    private static final String MARKS = System.getenv("LOCKKEEPER_MARKS");
    private static final int LONGEST = 4000;

    private TestPlan plan;

    @Override
    public void testPlanExecutionStarted(TestPlan started) {
        plan = started;
    }

    @Override
    public void executionStarted(TestIdentifier test) {
        mark("begins", test);
    }

    @Override
    public void executionFinished(TestIdentifier test, TestExecutionResult result) {
        mark("ends", test);
    }

    private void mark(String word, TestIdentifier test) {
        if (MARKS == null || !test.isTest()) {
            return;
        }
        String container = plan.getParent(test).map(TestIdentifier::getDisplayName).orElse("");
        String name = (container + " > " + test.getDisplayName()).replaceAll("\\s+", " ");
        Instant now = Instant.now();
        String line = String.format(Locale.ROOT, "%s %d.%06d %d %s", word, now.getEpochSecond(), now.getNano() / 1000,
                ProcessHandle.current().pid(), name.substring(0, Math.min(name.length(), LONGEST)));
        try {
            // One write: others append to the same file.
            Path file = Paths.get(MARKS);
            Files.write(file, (line + "\n").getBytes(StandardCharsets.UTF_8), StandardOpenOption.CREATE,
                    StandardOpenOption.APPEND);
        } catch (IOException failure) {
            System.err.println("lockkeeper: no mark could be written: " + failure);
        }
    }
}
