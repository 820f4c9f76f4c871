"""MIDI controllers: ports, messages, learning, bindings, takeover and lights."""
