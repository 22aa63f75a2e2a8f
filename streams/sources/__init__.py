"""Where records come from: recorded conversations, the simulator, one module per telephony feed."""
