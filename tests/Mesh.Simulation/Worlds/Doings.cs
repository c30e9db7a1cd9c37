namespace Mesh.Simulation;

/// <summary>What users do.</summary>
internal sealed class Doings(World world)
{
    // A state that has expired is a new word of its user (protocol §9), also where it was an old state: a run in which states expire
    // says nothing of whether what was said later holds.
    private readonly bool _expires = world.Random.Next(4) == 0;

    public void Plan(TimeSpan from, TimeSpan until)
    {
        for (var count = world.Random.Next(5, 60); count > 0; count--)
            world.Timeline.At(world.Within(from.TotalSeconds, until.TotalSeconds), Do);
    }

    private void Do()
    {
        var user = world.OneOf(world.Users);
        var tabs = world.Present.Where(it => it.User == user).ToList();
        if (tabs.Count == 0)
        {
            world.OpenClient(user);
            return;
        }
        var tab = world.OneOf(tabs);
        var room = world.OneOf(world.Rooms);
        // Nobody does anything on a machine that is frozen.
        tab.Machine.After(TimeSpan.Zero, () => Do(tab, room, tabs));
    }

    private void Do(SimulatedClient tab, string room, List<SimulatedClient> tabs)
    {
        switch (world.Random.Next(world.IsCalm ? 45 : 100))
        {
            case < 45:
                tab.Publish(room, world.NextValue(), null);
                break;
            case < 63:
                tab.Part(room, world.NextValue());
                break;
            case < 66:
                tab.Publish(room, world.NextValue(), _expires ? world.Within(0.5, 5) : null);
                break;
            case < 72:
                tab.Publish(room, null, null);
                break;
            case < 80:
                // All tabs at once.
                foreach (var one in tabs) one.Publish(room, world.NextValue(), null);
                break;
            case < 86:
                if (tab.IsIn(room)) tab.Leave(room);
                else tab.Enter(room);
                break;
            case < 92:
                world.OpenClient(tab.User);
                break;
            case < 96:
                world.Note($"{tab.Machine.Name} closes");
                tab.Close();
                break;
            default:
                world.Note($"{tab.Machine.Name} crashes");
                tab.Crash(isHeard: world.Random.Next(2) == 0);
                break;
        }
    }
}
