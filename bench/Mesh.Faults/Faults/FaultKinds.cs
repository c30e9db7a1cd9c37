namespace Mesh.Faults;

/// <summary>All kinds of faults, with what is promised after each (design: “Bounds”), by the servers' default options.</summary>
internal static class FaultKinds
{
    /// <summary>Not a fault: users act, and nothing goes wrong. What an earlier fault left behind shows here.</summary>
    public const string Calm = "calm";

    // All views are equal 1 s after connections stand again.
    private const double Equal = 1;

    // Clients retry at most 2 s apart in the first minute, so connections stand within 2 s of a network that is back.
    private const double Reachable = 2 + Equal;

    // An attempt to connect that nobody answers takes 5 s, and is followed by another within 2 s.
    private const double Unanswered = 5 + Reachable;

    // A dropped session is kept for 5 s, and leaves within 6.
    private const double NotBack = 6;

    // A killed node's members leave everywhere.
    private const double Dead = 10;

    // The same while Redis is away, from its return: nobody is dead before a node that judges has itself renewed its lease for as long as
    // one lasts.
    private const double DeadWithoutRedis = 20;

    // Redis is back, empty or not up to date.
    private const double Restored = 5;

    // A node that was cut off from Redis is back within 2 s; who was told meanwhile that it can't be reached asks again within 2 s.
    private const double Back = Reachable;

    // A silent connection to Redis never comes back: it is noticed by keepalives and canaries, two seconds apart and two late.
    private const double Silence = 4;

    public static TimeSpan OfDead { get; } = TimeSpan.FromSeconds(Dead);

    public static TimeSpan OfDeadWithoutRedis { get; } = TimeSpan.FromSeconds(DeadWithoutRedis);

    public static IReadOnlyList<FaultKind> All(TimeSpan pingInterval)
    {
        var ping = pingInterval.TotalSeconds;
        // A silent connection never comes back: its client takes it for dead after two and a half ping intervals, and comes by
        // another; the server after two, and leaves after the grace those who have gone meanwhile.
        var silent = Bound.Of(Unanswered, begun: 2.5 * ping + Reachable, unheard: 2 * ping + NotBack);
        return
        [
            new(Calm, "nothing: users join, publish, leave, reload", Bound.Of(Equal), _ => Task.CompletedTask),
            // The kill is the moment from which it counts.
            new("kill", "a node is killed (SIGKILL)", Bound.Of(Dead, unheard: Dead), NodeFaults.KillAsync) { DropsClients = true, KillsNode = true },
            // Who leaves while the node is stopped is missed when it goes on: its own end of the connection is over then.
            new("pause", "a node stands still (SIGSTOP), and goes on", Bound.Of(Dead, unheard: 12 + NotBack), NodeFaults.PauseAsync) { DropsClients = true },
            // Each node says goodbye before it goes; who does not come back elsewhere has the grace, or the node's lease.
            new("terminate", "all nodes are stopped (SIGTERM) and started again, one after the other", Bound.Of(Reachable, unheard: Dead), NodeFaults.TerminateAsync) { DropsClients = true },
            new("reset", "a node's connections are reset, and new ones refused for a time", Bound.Of(Reachable, unheard: NotBack), NetworkFaults.ResetAsync) { DropsClients = true },
            new("black-hole", "nothing gets through between clients and a node, and nobody is told", silent, NetworkFaults.BlackHoleAsync) { DropsClients = true },
            new("lost-requests", "one-way loss: a node hears nothing of its clients", silent, NetworkFaults.LoseRequestsAsync) { DropsClients = true },
            new("lost-answers", "one-way loss: clients hear nothing of a node", silent, NetworkFaults.LoseAnswersAsync) { DropsClients = true },
            // What users did meanwhile on the node counts when it is back.
            new("cut", "one node does not reach Redis, with resets or in silence", Bound.Of(Back, begun: Silence + Back, unheard: NotBack), NetworkFaults.CutAsync),
            new("cut-one-way", "one-way loss between one node and Redis", Bound.Of(Back, begun: Silence + Back, unheard: NotBack), NetworkFaults.CutOneWayAsync),
            new("redis-cut", "no node reaches Redis", Bound.Of(Restored, unheard: NotBack), RedisFaults.CutAsync) { LosesRedis = true },
            new("redis-reset", "all connections to Redis are reset", Bound.Of(Back, unheard: NotBack), RedisFaults.ResetAsync),
            new("redis-pause", "Redis stands still (SIGSTOP), and goes on", Bound.Of(Restored, unheard: NotBack), RedisFaults.PauseAsync) { LosesRedis = true },
            new("redis-flush", "Redis is emptied (FLUSHALL)", Bound.Of(Restored, unheard: NotBack), RedisFaults.EmptyAsync) { LosesRedis = true },
            new("redis-restart", "Redis is killed, and starts empty", Bound.Of(Restored, unheard: NotBack), RedisFaults.RestartAsync) { LosesRedis = true },
            new("redis-failover", "Redis is killed, and starts with what it held some time before", Bound.Of(Restored, unheard: NotBack), RedisFaults.FailOverAsync) { LosesRedis = true },
            new("kill-without-redis", "a node is killed while no node reaches Redis", Bound.Of(DeadWithoutRedis, unheard: DeadWithoutRedis), NodeFaults.KillWithoutRedisAsync)
            {
                DropsClients = true,
                KillsNode = true,
                LosesRedis = true,
            },
        ];
    }
}
