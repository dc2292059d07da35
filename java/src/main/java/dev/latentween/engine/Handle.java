package dev.latentween.engine;

import java.lang.ref.Cleaner;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import org.bytedeco.javacpp.Pointer;

/**
 * A native object with an owner. The native side keeps what it needs alive, so the order of closing
 * does not matter.
 */
final class Handle<P extends Pointer> implements AutoCloseable {
  private static final Cleaner CLEANER = Cleaner.create();

  /** What the cleaner holds; it must not reach the owner. */
  private static final class State<P extends Pointer> implements Runnable {
    private final AtomicReference<P> pointer;
    private final Consumer<P> destroy;
    private final String name;

    State(P pointer, Consumer<P> destroy, String name) {
      this.pointer = new AtomicReference<>(pointer);
      this.destroy = destroy;
      this.name = name;
    }

    boolean free() {
      P last = pointer.getAndSet(null);
      if (last == null) {
        return false;
      }
      destroy.accept(last);
      return true;
    }

    @Override
    public void run() {
      if (free()) {
        System.getLogger(Handle.class.getName())
            .log(System.Logger.Level.WARNING, "{0} was never closed; freed now", name);
      }
    }
  }

  private final State<P> state;
  private final Cleaner.Cleanable cleanable;

  /**
   * @param owner whose end frees the pointer
   * @param destroy the native function that frees it
   */
  Handle(Object owner, P pointer, Consumer<P> destroy, String name) {
    state = new State<>(pointer, destroy, name);
    cleanable = CLEANER.register(owner, state);
  }

  /**
   * The native object.
   *
   * @throws IllegalStateException if closed
   */
  P get() {
    P pointer = state.pointer.get();
    if (pointer == null) {
      throw new IllegalStateException("the " + state.name + " is closed");
    }
    return pointer;
  }

  @Override
  public void close() {
    state.free();
    cleanable.clean();
  }
}
