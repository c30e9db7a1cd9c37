using System.Text.Json;
using Mesh.Protocol.Tests.Vectors;

namespace Mesh.Protocol.Tests.Users;

/// <summary>The sequences by which other implementations are judged are right themselves.</summary>
public class SequenceTests
{
    private const int Many = 1_000;

    [Fact]
    public void In_each_sequence_the_users_and_who_was_asked_are_those_of_grouping_from_scratch()
    {
        for (var seed = 1; seed <= Many; seed++)
        {
            var sequence = SequenceGenerator.Generate(seed);
            var (name, identifier, steps) = JsonSerializer.Deserialize<UserViewCase>(sequence.Json, VectorFile.Options)!;
            var model = new NaiveUserView(identifier);
            foreach (var (at, step) in steps.Index())
            {
                var asked = Take(model, step);
                step.Users!.Value.Select(user => user.ToEntry()).ShouldBe(model.Users(), $"{name}, step {at}");
                step.Asked.ShouldNotBeNull().ShouldBe(asked, StringComparer.Ordinal, ignoreOrder: true, $"{name}, step {at}");
            }
            JsonSerializer.Deserialize<ExpectedUser[]>(sequence.UsersJson, VectorFile.Options)!
                .Select(user => user.ToEntry()).ShouldBe(model.Users(), name);
        }
    }

    [Fact]
    public void A_seed_gives_the_same_sequence_again() => SequenceGenerator.Generate(7).ShouldBe(SequenceGenerator.Generate(7));

    [Fact]
    public void All_that_can_happen_happens()
    {
        var all = string.Concat(Enumerable.Range(1, Many).Select(seed => SequenceGenerator.Generate(seed).Json));
        string[] signs =
        [
            "\"async\":true", "\"throws\":true", "\"answer\":", "\"diff\":", "\"state\":null", "\"left\":", "\"metadata\":", "\"deadline\":",
            "\"epoch\":2", "\"verified\":true", "\"tabCount\":4", "\"id\":\"7\"", "\"id\":7", "\"id\":null", "\"id\":\"0.5\"", "\"users\":[]",
        ];
        foreach (var sign in signs) all.ShouldContain(sign, Case.Sensitive);
    }

    private static IEnumerable<string> Take(NaiveUserView model, UserViewStep step)
    {
        if (step.Answer is { } answer)
        {
            model.Answer(answer.ConnectionId, answer.Stamp, UserIds.FromJson(answer.Id));
            return [];
        }
        if (step.Diff is { } diff && model.Roster!.Judge(diff) != DiffOutcome.Applied) return [];
        return model.Take(step.Roster ?? model.Roster!.Apply(step.Diff!)).Select(member => member.ConnectionId);
    }
}
