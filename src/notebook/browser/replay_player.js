function relayPlayReplay(element, episode) {}
